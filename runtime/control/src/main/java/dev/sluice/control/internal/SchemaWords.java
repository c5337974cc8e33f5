package dev.sluice.control.internal;

import com.networknt.schema.Error;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** Says in plain words what a schema expects where a document does not fit. */
final class SchemaWords {
  /** Fields of the design that this version does not have, by schema, so that nobody waits. */
  private static final Map<String, Set<String>> LATER =
      Map.of(
          "/$defs/upstream", Set.of("healthCheck", "outlierDetection"),
          "/$defs/upstream/properties/circuitBreaker", Set.of("maxConnections"),
          "/$defs/plugin", Set.of("verify"));

  private static final Map<String, String> TYPES =
      Map.of(
          "string", "a text",
          "integer", "a whole number",
          "number", "a number",
          "boolean", "true or false",
          "object", "a mapping",
          "array", "a list",
          "null", "nothing");

  private final JsonNode schema;
  private final boolean gateway;

  /**
   * @param gateway whether it is the gateway's own, in which a description says what is expected
   */
  SchemaWords(JsonNode schema, boolean gateway) {
    this.schema = schema;
    this.gateway = gateway;
  }

  String message(Error error) {
    var at = pointer(error);
    var rule = schema.at(at);
    var property = String.valueOf(error.getProperty());
    var value = rule.path(error.getKeyword());
    return switch (error.getKeyword()) {
      case "additionalProperties", "unevaluatedProperties" -> unknown(at, rule, property);
      case "required" -> "\"" + property + "\" is missing";
      case "type", "pattern", "minLength", "minProperties", "maxProperties" ->
          expected(rule, error);
      case "enum" ->
          "expected: one of "
              + value.valueStream().map(JsonNode::asString).collect(Collectors.joining(", "));
      case "const" -> "expected: " + value.asString();
      case "minimum", "maximum" -> "expected: " + range(rule, "minimum", "maximum");
      case "minItems", "maxItems" ->
          "expected: " + range(rule, "minItems", "maxItems") + " in the list";
      default -> "expected: " + error.getMessage();
    };
  }

  /** Returns where the violated rule stands in the schema. */
  private static String pointer(Error error) {
    var location = error.getSchemaLocation().toString();
    return location.substring(location.indexOf('#') + 1).replaceFirst("/[^/]*$", "");
  }

  private String unknown(String at, JsonNode rule, String property) {
    if (gateway && LATER.getOrDefault(at, Set.of()).contains(property)) {
      return "is not supported in this version";
    }
    var known = List.copyOf(rule.path("properties").propertyNames());
    return Spelling.meant(property, known)
        .map(name -> "unknown field; did you mean \"" + name + "\"?")
        .orElse("unknown field (expected: " + String.join(", ", known) + ")");
  }

  private String expected(JsonNode rule, Error error) {
    boolean described = rule.has("description") && (rule.has("pattern") || rule.has("properties"));
    if (gateway && described && !isWrongContainer(rule, error)) {
      return "expected: " + rule.path("description").asString();
    }
    return switch (error.getKeyword()) {
      case "type" -> "expected: " + types(rule.path("type"));
      case "minLength" -> "expected: a text that is not empty";
      case "pattern" -> "expected: a text that matches " + rule.path("pattern").asString();
      default -> "expected: " + range(rule, "minProperties", "maxProperties") + " fields";
    };
  }

  /** A mapping's description tells of its fields, which does not help where there is no mapping. */
  private static boolean isWrongContainer(JsonNode rule, Error error) {
    return error.getKeyword().equals("type") && rule.has("properties");
  }

  private static String types(JsonNode type) {
    return type.isString()
        ? TYPES.getOrDefault(type.asString(), type.asString())
        : type.valueStream().map(SchemaWords::types).collect(Collectors.joining(" or "));
  }

  private static String range(JsonNode rule, String least, String most) {
    if (rule.has(least) && rule.has(most)) {
      var from = rule.path(least).asString();
      var to = rule.path(most).asString();
      return from.equals(to) ? from : from + ".." + to;
    }
    return rule.has(least)
        ? "at least " + rule.path(least).asString()
        : "at most " + rule.path(most).asString();
  }
}
