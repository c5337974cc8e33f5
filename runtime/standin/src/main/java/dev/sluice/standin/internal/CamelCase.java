package dev.sluice.standin.internal;

import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Names the fields of Gemini's requests in one way: the real one takes {@code max_output_tokens}
 * for {@code maxOutputTokens}, as every API of its kind, and its own clients mix both.
 */
final class CamelCase {
  /** What holds names that are the caller's own. */
  private static final Set<String> OPAQUE =
      Set.of(
          "args",
          "response",
          "parametersJsonSchema",
          "responseJsonSchema",
          "labels",
          "default",
          "example");

  private CamelCase() {}

  static JsonNode of(JsonNode node) {
    if (node instanceof ArrayNode array) {
      ArrayNode all = array.arrayNode(array.size());
      array.forEach(item -> all.add(of(item)));
      return all;
    }
    if (!(node instanceof ObjectNode object)) {
      return node;
    }
    ObjectNode all = object.objectNode();
    object
        .properties()
        .forEach(
            field -> {
              String name = name(field.getKey());
              JsonNode value = field.getValue();
              if (name.equals("properties") && value.isObject()) {
                ObjectNode properties = object.objectNode();
                value
                    .properties()
                    .forEach(entry -> properties.set(entry.getKey(), of(entry.getValue())));
                all.set(name, properties);
              } else {
                all.set(name, OPAQUE.contains(name) ? value : of(value));
              }
            });
    return all;
  }

  private static String name(String text) {
    if (text.indexOf('_') < 0) {
      return text;
    }
    var name = new StringBuilder(text.length());
    boolean upper = false;
    for (int i = 0; i < text.length(); i++) {
      char letter = text.charAt(i);
      if (letter == '_' && i > 0) {
        upper = true;
      } else {
        name.append(upper ? Character.toUpperCase(letter) : letter);
        upper = false;
      }
    }
    return name.toString();
  }
}
