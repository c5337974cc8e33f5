package dev.sluice.control.internal;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Holds documents against a JSON Schema 2020-12 and says in plain words what does not fit. */
final class SchemaCheck {
  private final Schema schema;
  private final SchemaWords words;

  private SchemaCheck(Schema schema, SchemaWords words) {
    this.schema = schema;
    this.words = words;
  }

  /**
   * Returns a check of the gateway's own configuration, whose descriptions say what is expected.
   */
  static SchemaCheck ofGateway() {
    return of(Resources.text("sluice.schema.json"), true);
  }

  /** Returns a check by a schema whose descriptions say what is expected. */
  static SchemaCheck described(String json) {
    return of(json, true);
  }

  /**
   * Returns a check by a plugin's schema.
   *
   * @throws IllegalArgumentException when it is no JSON Schema
   */
  static SchemaCheck of(String json) {
    return of(json, false);
  }

  private static SchemaCheck of(String json, boolean gateway) {
    try {
      var registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
      var source = JsonMapper.shared().readTree(json);
      return new SchemaCheck(
          registry.getSchema(json, InputFormat.JSON), new SchemaWords(source, gateway));
    } catch (RuntimeException e) {
      throw new IllegalArgumentException("no JSON Schema: " + e.getMessage(), e);
    }
  }

  /**
   * Is what does not fit.
   *
   * @param path below the document
   */
  record Finding(String path, @Nullable JsonNode value, String message) {}

  /** Returns everything that does not fit. */
  List<Finding> check(JsonNode document) {
    var findings = new ArrayList<Finding>();
    Map<String, List<Error>> choices = new LinkedHashMap<>();
    var errors = schema.validate(document);
    for (var error : errors) {
      if (inBranch(error)) {
        if (!isBranchNotMeant(error, errors)) {
          choices.computeIfAbsent(place(error), p -> new ArrayList<>()).add(error);
        }
      } else {
        findings.add(new Finding(place(error), value(error), words.message(error)));
      }
    }
    choices.forEach((place, branches) -> findings.add(either(place, branches)));
    return findings;
  }

  /** Branches of an anyOf report one after another: together they say what was expected. */
  private Finding either(String place, List<Error> branches) {
    Set<String> messages = new LinkedHashSet<>();
    branches.forEach(error -> messages.add(words.message(error)));
    var first = branches.getFirst();
    var text = new StringBuilder();
    for (var message : messages) {
      boolean more = !text.isEmpty();
      text.append(more ? ", or " : "")
          .append(more ? message.replaceFirst("^expected: ", "") : message);
    }
    return new Finding(place, value(first), text.toString());
  }

  /**
   * Tells whether a branch of an anyOf was surely not meant: another one fits down to an error
   * further inside, or takes this kind of value.
   */
  private static boolean isBranchNotMeant(Error error, List<Error> errors) {
    if (!Set.of("type", "const", "enum").contains(error.getKeyword())) {
      return false;
    }
    var here = error.getInstanceLocation() + "/";
    var instance = error.getInstanceNode();
    boolean container = instance != null && instance.isContainer();
    for (var other : errors) {
      var there = other.getInstanceLocation() + "/";
      if (inBranch(other) && there.startsWith(here)) {
        boolean inside = !there.equals(here);
        if (inside || (container && !Set.of("type", "const").contains(other.getKeyword()))) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean inBranch(Error error) {
    return error.getEvaluationPath().toString().contains("/anyOf/");
  }

  private static @Nullable JsonNode value(Error error) {
    return switch (error.getKeyword()) {
      case "additionalProperties", "unevaluatedProperties", "required" -> null;
      default -> error.getInstanceNode();
    };
  }

  private static String place(Error error) {
    var path = display(error.getInstanceLocation().toString());
    return switch (error.getKeyword()) {
      case "additionalProperties", "unevaluatedProperties" ->
          path.isEmpty() ? error.getProperty() : path + "." + error.getProperty();
      default -> path;
    };
  }

  /** Turns {@code /routes/2/match} into {@code routes[2].match}. */
  private static String display(String pointer) {
    var path = new StringBuilder();
    for (var part : pointer.split("/", -1)) {
      if (part.isEmpty() || part.equals("$")) {
        continue;
      }
      if (part.chars().allMatch(Character::isDigit)) {
        path.append('[').append(part).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(part.replace("~1", "/").replace("~0", "~"));
      }
    }
    return path.toString();
  }
}
