package dev.sluice.control.internal;

import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Hides secrets that stand literally in a configuration, and puts them back. */
final class Secrets {
  private static final String HIDDEN = "***";
  private static final Set<String> FIELDS = Set.of("token", "password");

  private Secrets() {}

  /** Returns a copy in which literal secrets read {@code ***}; references to variables stay. */
  static ObjectNode mask(ObjectNode config) {
    var copy = config.deepCopy();
    maskIn(copy, false);
    return copy;
  }

  private static void maskIn(JsonNode node, boolean env) {
    if (node instanceof ObjectNode object) {
      for (var name : Set.copyOf(object.propertyNames())) {
        var value = object.get(name);
        boolean secret = env || FIELDS.contains(name);
        if (secret && value.isString() && !value.asString().isEmpty() && !isReference(value)) {
          object.put(name, HIDDEN);
        } else {
          maskIn(value, name.equals("env"));
        }
      }
    } else {
      node.forEach(item -> maskIn(item, false));
    }
  }

  private static boolean isReference(JsonNode value) {
    return value.asString().startsWith("${");
  }

  /**
   * Returns a copy of a configuration in which each {@code ***} has the value that stands at the
   * same place now; entries of lists are found by their name.
   */
  static ObjectNode restore(ObjectNode changed, ObjectNode now) {
    var copy = changed.deepCopy();
    restoreIn(copy, now);
    return copy;
  }

  private static void restoreIn(JsonNode node, JsonNode now) {
    if (node instanceof ObjectNode object) {
      for (var name : Set.copyOf(object.propertyNames())) {
        var value = object.get(name);
        if (value.isString() && value.asString().equals(HIDDEN) && now.path(name).isString()) {
          object.set(name, now.get(name));
        } else {
          restoreIn(value, now.path(name));
        }
      }
    } else if (node instanceof ArrayNode array) {
      array.forEach(item -> restoreIn(item, counterpart(item, now)));
    }
  }

  private static JsonNode counterpart(JsonNode item, JsonNode list) {
    var name = item.path("name").asString("");
    for (var other : list) {
      if (!name.isEmpty() && other.path("name").asString("").equals(name)) {
        return other;
      }
    }
    return JsonMapper.shared().missingNode();
  }
}
