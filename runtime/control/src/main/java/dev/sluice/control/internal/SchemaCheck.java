package dev.sluice.control.internal;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Holds documents against a JSON Schema 2020-12 and says in plain words what does not fit. */
final class SchemaCheck {
  /** Sections of the design that this version does not have, so that nobody waits for them. */
  private static final Set<String> LATER =
      Set.of(
          "providers",
          "models",
          "consumers",
          "state",
          "embeddings",
          "ai",
          "auth",
          "healthCheck",
          "outlierDetection",
          "maxConnections",
          "protocol",
          "verify",
          "pollInterval");

  private final Schema schema;
  private final JsonNode source;

  private SchemaCheck(Schema schema, JsonNode source) {
    this.schema = schema;
    this.source = source;
  }

  /** Returns a check of the gateway's own configuration. */
  static SchemaCheck ofGateway() {
    return of(Resources.text("sluice.schema.json"));
  }

  /**
   * Returns a check by a schema.
   *
   * @throws IllegalArgumentException when it is no JSON Schema
   */
  static SchemaCheck of(String json) {
    try {
      var registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
      return new SchemaCheck(
          registry.getSchema(json, InputFormat.JSON), JsonMapper.shared().readTree(json));
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

  /** Returns everything that does not fit, in the order of the document. */
  List<Finding> check(JsonNode document) {
    var errors = schema.validate(document);
    Map<String, Finding> byPlace = new TreeMap<>();
    for (var error : errors) {
      if (isBranchNotMeant(error, errors)) {
        continue;
      }
      var finding = finding(error);
      // Branches of an anyOf report one after another: together they say what was expected.
      byPlace.merge(finding.path, finding, SchemaCheck::either);
    }
    return List.copyOf(byPlace.values());
  }

  private static Finding either(Finding first, Finding second) {
    if (first.message.contains(second.message)) {
      return first;
    }
    var more = second.message.replaceFirst("^expected: ", "or ");
    return new Finding(first.path, first.value, first.message + ", " + more);
  }

  /** Tells whether an error is of a branch of an anyOf, and another branch fits further down. */
  private static boolean isBranchNotMeant(Error error, List<Error> errors) {
    if (!inBranch(error)) {
      return false;
    }
    var below = error.getInstanceLocation() + "/";
    return errors.stream().anyMatch(other -> inBranch(other) && location(other).startsWith(below));
  }

  private static boolean inBranch(Error error) {
    return error.getEvaluationPath().toString().contains("/anyOf/");
  }

  private static String location(Error error) {
    return error.getInstanceLocation() + "/";
  }

  private Finding finding(Error error) {
    var path = display(error.getInstanceLocation().toString());
    var value = error.getInstanceNode();
    var property = error.getProperty();
    return switch (error.getKeyword()) {
      case "additionalProperties", "unevaluatedProperties" ->
          new Finding(
              path.isEmpty() ? property : path + "." + property, null, unknown(error, property));
      case "required" ->
          new Finding(path, null, "\"" + property + "\" is missing (expected: a value)");
      case "type" -> new Finding(path, value, "expected: " + arguments(error));
      case "enum" -> new Finding(path, value, "expected: one of " + choices(error));
      case "pattern", "minLength" -> new Finding(path, value, "expected: " + expectation(error));
      default -> new Finding(path, value, String.valueOf(error.getMessage()));
    };
  }

  private String unknown(Error error, String property) {
    if (LATER.contains(property)) {
      return "is not supported in this version";
    }
    var location = error.getSchemaLocation().toString();
    var pointer = location.substring(location.indexOf('#') + 1).replaceFirst("/[^/]*$", "");
    var known = List.copyOf(source.at(pointer).path("properties").propertyNames());
    return known.stream()
        .filter(name -> distance(name, property) <= Math.max(1, name.length() / 3))
        .min(Comparator.comparingInt(name -> distance(name, property)))
        .map(name -> "unknown field; did you mean \"" + name + "\"?")
        .orElse("unknown field");
  }

  private static String arguments(Error error) {
    var arguments = error.getArguments();
    return arguments == null || arguments.length < 2
        ? String.valueOf(error.getMessage())
        : String.valueOf(arguments[1]);
  }

  private static String choices(Error error) {
    var node = error.getSchemaNode();
    return node == null
        ? String.valueOf(error.getMessage())
        : node.valueStream().map(JsonNode::asString).collect(Collectors.joining(", "));
  }

  private static String expectation(Error error) {
    var message = String.valueOf(error.getMessage());
    var location = error.getSchemaLocation().toString();
    for (var name : List.of("duration", "size", "address", "name")) {
      if (location.contains("/$defs/" + name + "/")) {
        return switch (name) {
          case "duration" -> "a number with ms, s, m or h, such as 5s";
          case "size" -> "a whole number with B, KiB, MiB or GiB, such as 64KiB";
          case "address" -> "host:port";
          default -> "up to 63 letters, digits, dots, hyphens, underscores";
        };
      }
    }
    return location.contains("/path/") ? "a path that begins with /" : message;
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

  /** Counts the edits between two words (Levenshtein). */
  static int distance(String a, String b) {
    var row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int same = a.charAt(i - 1) == b.charAt(j - 1) ? diagonal : diagonal + 1;
        diagonal = row[j];
        row[j] = Math.min(same, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
