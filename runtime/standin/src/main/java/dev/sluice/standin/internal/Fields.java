package dev.sluice.standin.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Is a JSON object of a request, held to what its provider accepts. */
record Fields(JsonNode node, String place) {
  static final Pattern TOOL_NAME = Pattern.compile("[a-zA-Z0-9_-]{1,64}");

  static Fields of(JsonNode node, String place) {
    if (!node.isObject()) {
      throw Refusal.invalid(place, "Expected an object, got " + node.getNodeType() + ".");
    }
    return new Fields(node, place);
  }

  String at(String name) {
    return place.isEmpty() ? name : place + "." + name;
  }

  boolean has(String name) {
    return node.hasNonNull(name);
  }

  JsonNode get(String name) {
    return node.path(name);
  }

  String text(String name) {
    JsonNode value = node.path(name);
    if (!value.isString()) {
      throw Refusal.invalid(at(name), "Expected a string, got " + value.getNodeType() + ".");
    }
    return value.stringValue();
  }

  @Nullable String optionalText(String name) {
    return has(name) ? text(name) : null;
  }

  boolean flag(String name, boolean otherwise) {
    JsonNode value = node.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      throw Refusal.invalid(at(name), "Expected a boolean, got " + value.getNodeType() + ".");
    }
    return value.booleanValue();
  }

  long count(String name, long otherwise, long least) {
    JsonNode value = node.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return otherwise;
    }
    if (!value.isIntegralNumber() || value.longValue() < least) {
      throw Refusal.invalid(
          at(name), "Invalid value: " + value + " (expected an integer of " + least + " or more).");
    }
    return value.longValue();
  }

  Fields object(String name) {
    return of(node.path(name), at(name));
  }

  /** Returns the objects of an array that must be there and not be empty. */
  List<Fields> some(String name) {
    List<Fields> all = objects(name);
    if (all.isEmpty()) {
      throw Refusal.invalid(at(name), "Expected an array with at least one item.");
    }
    return all;
  }

  /** Returns the objects of an array; none when it is not there. */
  List<Fields> objects(String name) {
    JsonNode array = node.path(name);
    if (array.isMissingNode() || array.isNull()) {
      return List.of();
    }
    if (!array.isArray()) {
      throw Refusal.invalid(at(name), "Expected an array, got " + array.getNodeType() + ".");
    }
    var all = new ArrayList<Fields>(array.size());
    for (int i = 0; i < array.size(); i++) {
      all.add(of(array.get(i), at(name) + "[" + i + "]"));
    }
    return all;
  }

  String oneOf(String name, Set<String> words) {
    String word = text(name);
    if (!words.contains(word)) {
      throw Refusal.invalid(
          at(name),
          "Invalid value: '"
              + word
              + "'. Supported values are: "
              + words.stream().sorted().toList());
    }
    return word;
  }

  /** Refuses a field that the provider does not know. */
  void only(Set<String> names) {
    for (String name : node.propertyNames()) {
      if (!names.contains(name)) {
        throw Refusal.invalid(at(name), "Extra inputs are not permitted");
      }
    }
  }

  String toolName(String name) {
    String word = text(name);
    if (!TOOL_NAME.matcher(word).matches()) {
      throw Refusal.invalid(
          at(name), "Invalid '" + word + "': expected a string that matches " + TOOL_NAME + ".");
    }
    return word;
  }
}
