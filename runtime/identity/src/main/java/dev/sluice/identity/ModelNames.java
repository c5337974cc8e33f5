package dev.sluice.identity;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Is a list of models that someone may use: names, beginnings ({@code gpt-4*}) and regular
 * expressions over the whole name ({@code ~gpt-[45].*}, RE2). Immutable.
 */
public final class ModelNames {
  /** Has every model. */
  public static final ModelNames ALL = new ModelNames(List.of(), Set.of(), List.of(), List.of());

  private final List<String> words;
  private final Set<String> names;
  private final List<String> beginnings;
  private final List<Pattern> patterns;

  private ModelNames(
      List<String> words, Set<String> names, List<String> beginnings, List<Pattern> patterns) {
    this.words = words;
    this.names = names;
    this.beginnings = beginnings;
    this.patterns = patterns;
  }

  /**
   * Returns the models that any of the words stands for; all when there is none.
   *
   * @throws IllegalArgumentException naming the word that is no regular expression
   */
  public static ModelNames of(List<String> words) {
    if (words.isEmpty()) {
      return ALL;
    }
    var names = new HashSet<String>();
    var beginnings = new ArrayList<String>();
    var patterns = new ArrayList<Pattern>();
    for (var word : words) {
      if (word.startsWith("~")) {
        patterns.add(pattern(word));
      } else if (word.endsWith("*")) {
        beginnings.add(word.substring(0, word.length() - 1));
      } else {
        names.add(word);
      }
    }
    return new ModelNames(List.copyOf(words), names, beginnings, patterns);
  }

  private static Pattern pattern(String word) {
    try {
      return Pattern.compile(word.substring(1));
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "\"" + word + "\": " + e.getDescription() + " (expected: ~ and a regular expression)", e);
    }
  }

  /** Returns whether a model is among them. */
  public boolean contains(String model) {
    if (words.isEmpty() || names.contains(model)) {
      return true;
    }
    for (var beginning : beginnings) {
      if (model.startsWith(beginning)) {
        return true;
      }
    }
    for (var pattern : patterns) {
      if (pattern.matches(model)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ModelNames o && words.equals(o.words);
  }

  @Override
  public int hashCode() {
    return words.hashCode();
  }

  @Override
  public String toString() {
    return words.isEmpty() ? "all" : words.toString();
  }
}
