package dev.sluice.providers;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Says who serves the calls for a model.
 *
 * @param name what callers call it: exactly this, or what begins with it where it ends in {@code
 *     *}, or what matches the regular expression (RE2) after {@code ~}
 * @param strategy how one of several targets is chosen
 * @param targets who serves it, 1 to 64
 * @param fallback who serves it when those cannot, in order; at most 64
 * @param canaries who serves a part of the calls on trial; the first that takes a call has it
 * @param choices who serves calls with a certain content; the first that fits has it
 * @param maxAttempts how often one call is tried, keys and targets together, 1 to 32
 */
public record ModelSpec(
    String name,
    Strategy strategy,
    List<ModelTarget> targets,
    List<ModelTarget> fallback,
    List<ModelCanary> canaries,
    List<ContentChoice> choices,
    int maxAttempts) {
  /** How many targets one list may have. */
  public static final int MAX_TARGETS = 64;

  /** What {@link #maxAttempts} is where nothing is said. */
  public static final int DEFAULT_ATTEMPTS = 6;

  /** Says how one of several targets is chosen. */
  public enum Strategy {
    /** At random, by weight. */
    WEIGHTED,
    /** The one that begins to answer soonest, by a moving average, and by what it has to do. */
    LEAST_LATENCY,
    /** The one with the fewest calls under way, by weight. */
    LEAST_BUSY,
    /** The cheapest for this call. */
    LEAST_COST,
    /** Those of the lowest priority number as long as there is one; among them by weight. */
    PRIORITY
  }

  /**
   * Says who serves calls with a certain content of what the user said last.
   *
   * @param name for metrics and logs
   * @param keywords words or phrases, in any case; empty for none
   * @param regex a regular expression (RE2) that is found in it, or null
   * @param similar what it resembles, or null
   */
  public record ContentChoice(
      String name,
      List<String> keywords,
      @Nullable String regex,
      @Nullable Similar similar,
      List<ModelTarget> targets) {
    /** Copies the lists. */
    public ContentChoice {
      keywords = List.copyOf(keywords);
      targets = requireTargets(targets, "targets", 1);
    }
  }

  /**
   * Says what a text resembles.
   *
   * @param examples of which it must resemble one, 1 to 64
   * @param least the cosine of the angle between both from which it does, 0 to 1
   */
  public record Similar(List<String> examples, double least) {
    /** What {@link #least} is where nothing is said. */
    public static final double DEFAULT_LEAST = 0.5;

    /** How many examples there may be. */
    public static final int MAX_EXAMPLES = 64;

    /**
     * Copies the list.
     *
     * @throws IllegalArgumentException when a number is out of its range
     */
    public Similar {
      examples = List.copyOf(examples);
      if (examples.isEmpty() || examples.size() > MAX_EXAMPLES || !(least >= 0 && least <= 1)) {
        throw new IllegalArgumentException(
            "similar: %d examples, similarity: %s (expected: 1..%d, 0..1)"
                .formatted(examples.size(), least, MAX_EXAMPLES));
      }
    }
  }

  /**
   * Copies the lists.
   *
   * @throws IllegalArgumentException when the name is no pattern, or a list or number is out of its
   *     range
   */
  public ModelSpec {
    targets = requireTargets(targets, "targets", 1);
    fallback = requireTargets(fallback, "fallback", 0);
    canaries = List.copyOf(canaries);
    choices = List.copyOf(choices);
    if (name.isEmpty() || name.equals("~")) {
      throw new IllegalArgumentException(
          "name: \"" + name + "\" (expected: a name, prefix* or ~regex)");
    }
    if (maxAttempts < 1 || maxAttempts > 32) {
      throw new IllegalArgumentException("attempts: " + maxAttempts + " (expected: 1..32)");
    }
  }

  /**
   * Checks a regular expression of a name or a choice.
   *
   * @throws IllegalArgumentException when it is none of RE2's, saying why
   */
  public static void requireRegex(String regex) {
    try {
      Pattern.compile(regex);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(e.getDescription() + " (expected: RE2)", e);
    }
  }

  static List<ModelTarget> requireTargets(List<ModelTarget> targets, String field, int least) {
    if (targets.size() < least || targets.size() > MAX_TARGETS) {
      throw new IllegalArgumentException(
          field + ": " + targets.size() + " (expected: " + least + ".." + MAX_TARGETS + ")");
    }
    return List.copyOf(targets);
  }

  /** Returns a model of which some targets share the calls by weight. */
  public static ModelSpec of(String name, ModelTarget... targets) {
    return new ModelSpec(
        name,
        Strategy.WEIGHTED,
        List.of(targets),
        List.of(),
        List.of(),
        List.of(),
        DEFAULT_ATTEMPTS);
  }
}
