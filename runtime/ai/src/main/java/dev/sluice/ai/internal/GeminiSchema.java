package dev.sluice.ai.internal;

import java.util.Locale;

/** Translates Gemini's schemas, which are OpenAPI's with types in capitals, to JSON Schema. */
final class GeminiSchema {
  private GeminiSchema() {}

  static String toJsonSchema(JsonTape tape, int node) {
    var out = new JsonWriter(256);
    schema(tape, node, out);
    return out.toString();
  }

  private static void schema(JsonTape tape, int node, JsonWriter out) {
    if (!tape.isObject(node)) {
      out.raw(tape.raw(node));
      return;
    }
    boolean nullable = tape.isTrue(tape.find(node, "nullable"));
    out.object();
    for (int key = node + 1, end = tape.next(node); key < end; key = tape.next(key + 1)) {
      String name = tape.key(key);
      int value = key + 1;
      switch (GeminiWalk.camel(name)) {
        case "type" -> type(tape, value, nullable, out);
        case "properties" -> {
          out.object("properties");
          for (int inner = value + 1, last = tape.next(value);
              tape.isObject(value) && inner < last;
              inner = tape.next(inner + 1)) {
            out.key(tape.text(inner));
            schema(tape, inner + 1, out);
          }
          out.endObject();
        }
        case "items" -> {
          out.key("items");
          schema(tape, value, out);
        }
        case "anyOf" -> {
          out.array("anyOf");
          for (int child = value + 1, last = tape.next(value);
              tape.isArray(value) && child < last;
              child = tape.next(child)) {
            schema(tape, child, out);
          }
          out.endArray();
        }
        case "nullable", "propertyOrdering" -> {}
        default -> out.rawField(camelKeyword(name), tape.raw(value));
      }
    }
    out.endObject();
  }

  private static String camelKeyword(String name) {
    return name.startsWith("$") ? name : GeminiWalk.camel(name);
  }

  private static void type(JsonTape tape, int value, boolean nullable, JsonWriter out) {
    if (!tape.isString(value)) {
      out.rawField("type", tape.raw(value));
      return;
    }
    String type = tape.text(value).toLowerCase(Locale.ROOT);
    if (nullable) {
      out.array("type").value(type).value("null").endArray();
    } else {
      out.field("type", type);
    }
  }
}
