package dev.sluice.providers.internal;

import com.google.re2j.Pattern;
import dev.sluice.ai.AiCall;
import dev.sluice.plugin.ai.Role;
import dev.sluice.providers.ModelSpec.ContentChoice;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Is a choice by content. Immutable. */
final class LiveChoice {
  final String model;
  final ContentChoice spec;

  /** Its targets, then what serves the model otherwise. */
  final LiveTarget[][] tiers;

  final ChoiceState state;

  private final @Nullable Pattern pattern;
  private final @Nullable Examples examples;

  /**
   * @param examples what the text is compared with, or null when it is not
   */
  LiveChoice(
      String model,
      ContentChoice spec,
      LiveTarget[][] tiers,
      ChoiceState state,
      @Nullable Examples examples) {
    this.model = model;
    this.state = state;
    this.spec = spec;
    this.tiers = tiers;
    this.examples = examples;
    pattern = pattern(spec);
  }

  private static @Nullable Pattern pattern(ContentChoice spec) {
    var words =
        spec.keywords().stream()
            .map(
                word ->
                    "(?i:"
                        + edge(word, 0)
                        + Pattern.quote(word)
                        + edge(word, word.length() - 1)
                        + ")")
            .collect(Collectors.joining("|"));
    if (spec.regex() == null) {
      return words.isEmpty() ? null : Pattern.compile(words);
    }
    return Pattern.compile(words.isEmpty() ? spec.regex() : words + "|(?:" + spec.regex() + ")");
  }

  /** A keyword is not found inside a longer word, where its script has words. */
  private static String edge(String word, int at) {
    char c = word.charAt(at);
    boolean letter = c < 0x80 && (Character.isLetterOrDigit(c) || c == '_');
    return letter ? "\\b" : "";
  }

  /** Returns whether it has words or an expression, and they are found in a text. */
  boolean isFoundIn(String text) {
    return pattern != null && pattern.matcher(text).find();
  }

  /** Returns what a text is compared with, or null when it is not. */
  @Nullable Examples examples() {
    return examples;
  }

  /**
   * Returns whether a text resembles one of its examples.
   *
   * @param vector of the text
   */
  boolean isLike(float[] vector) {
    var similar = spec.similar();
    return examples != null && similar != null && examples.closeness(vector) >= similar.least();
  }

  /** Returns what the user said last; all that a call without roles says. */
  static String text(AiCall call) {
    var segments = call.segments();
    int end = segments.size() - 1;
    while (end >= 0 && segments.get(end).role() != Role.USER) {
      end--;
    }
    if (end < 0) {
      return segments.stream().map(s -> s.text()).collect(Collectors.joining("\n"));
    }
    int from = end;
    while (from > 0 && segments.get(from - 1).role() == Role.USER) {
      from--;
    }
    return segments.subList(from, end + 1).stream()
        .map(s -> s.text())
        .collect(Collectors.joining("\n"));
  }
}
