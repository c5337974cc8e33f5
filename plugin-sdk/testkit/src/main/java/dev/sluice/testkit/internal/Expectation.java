package dev.sluice.testkit.internal;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Is what a file says of a text: the text itself, null for none, or rules that all must hold
 * (contains, matches, excludes, json, size, base64).
 */
public record Expectation(JsonNode rule) {
  /** What stands for a text that is not there. */
  public static final String ABSENT = "(not there)";

  /**
   * Is what was expected and what there is, as people read it.
   *
   * @param expected several lines for JSON, so that lines can be compared
   */
  public record Mismatch(String expected, String actual) {}

  /** Returns how a text differs, or null. */
  public @Nullable Mismatch of(@Nullable String actual) {
    return of(actual == null ? null : actual.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns how bytes differ, or null. */
  public @Nullable Mismatch of(byte @Nullable [] bytes) {
    var actual = bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    var shown = actual == null ? ABSENT : shown(actual);
    if (rule.isNull()) {
      return actual == null ? null : new Mismatch(ABSENT, shown);
    }
    if (!rule.isObject()) {
      var expected = rule.asString();
      return expected.equals(actual) ? null : new Mismatch(shown(expected), shown);
    }
    if (bytes == null || actual == null) {
      return new Mismatch(words(), shown);
    }
    if (rule.has("json")) {
      var mismatch = json(rule.path("json"), actual);
      if (mismatch != null) {
        return mismatch;
      }
    }
    return holds(bytes, actual) ? null : new Mismatch(words(), shown);
  }

  private boolean holds(byte[] bytes, String actual) {
    for (var field : rule.properties()) {
      var value = field.getValue();
      boolean holds =
          switch (field.getKey()) {
            case "contains" -> actual.contains(value.asString());
            case "excludes" -> !actual.contains(value.asString());
            case "matches" -> Pattern.compile(value.asString()).matcher(actual).find();
            case "size" -> bytes.length == value.asInt();
            case "base64" -> Base64.getEncoder().encodeToString(bytes).equals(value.asString());
            default -> true;
          };
      if (!holds) {
        return false;
      }
    }
    return true;
  }

  private static @Nullable Mismatch json(JsonNode expected, String actual) {
    try {
      var read = JsonMapper.shared().readTree(actual);
      return read.equals(expected)
          ? null
          : new Mismatch(expected.toPrettyString(), read.toPrettyString());
    } catch (JacksonException e) {
      return new Mismatch(expected.toPrettyString(), shown(actual) + "\n(not JSON)");
    }
  }

  private String words() {
    List<String> words = new ArrayList<>();
    for (var field : rule.properties()) {
      var value = field.getValue().asString();
      words.add(
          switch (field.getKey()) {
            case "contains" -> "contains \"" + value + "\"";
            case "excludes" -> "without \"" + value + "\"";
            case "matches" -> "matches /" + value + "/";
            case "size" -> value + " bytes";
            case "base64" -> "Base64 " + value;
            default -> "JSON " + field.getValue();
          });
    }
    return String.join(" and ", words);
  }

  /** Shows an empty text as such, and characters that a terminal would act on as escapes. */
  private static String shown(String text) {
    if (text.isEmpty()) {
      return "(empty)";
    }
    var shown = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              if (c != '\n' && Character.isISOControl(c)) {
                shown.append(String.format("\\u%04x", c));
              } else {
                shown.appendCodePoint(c);
              }
            });
    return shown.toString();
  }
}
