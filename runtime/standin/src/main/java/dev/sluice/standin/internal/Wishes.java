package dev.sluice.standin.internal;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Is what a request wants the stand-in to do other than usual: words with or without a number. */
final class Wishes {
  static final Wishes NONE = new Wishes(Map.of());

  private static final Set<String> KNOWN =
      Set.of(
          "status",
          "code",
          "retry-after",
          "retry-after-ms",
          "delay",
          "first",
          "pace",
          "cut",
          "end",
          "fail",
          "hang",
          "usage",
          "type",
          "split",
          "words",
          "echo",
          "think",
          "preface",
          "finish",
          "cached",
          "times",
          "every",
          "call",
          "length");
  private static final Pattern IN_TEXT = Pattern.compile("\\[\\[standin ([^\\]]*)]]");

  private final Map<String, String> words;

  private Wishes(Map<String, String> words) {
    this.words = words;
  }

  /**
   * Reads words that are separated by spaces, commas, semicolons or plus signs.
   *
   * @throws IllegalArgumentException when one is unknown
   */
  static Wishes parse(String text) {
    if (text.isBlank()) {
      return NONE;
    }
    var words = new LinkedHashMap<String, String>();
    for (String word : text.strip().split("[\\s,;+]+", -1)) {
      int equals = word.indexOf('=');
      String name = equals < 0 ? word : word.substring(0, equals);
      if (!KNOWN.contains(name)) {
        throw new IllegalArgumentException(
            "wish: \"" + word + "\" (expected: one of " + KNOWN.stream().sorted().toList() + ")");
      }
      words.put(name, equals < 0 ? "" : word.substring(equals + 1));
    }
    return new Wishes(words);
  }

  /** Reads the wishes that stand in a text between double brackets. */
  static Wishes inText(String text) {
    if (!text.contains("[[standin ")) {
      return NONE;
    }
    Wishes all = NONE;
    Matcher matcher = IN_TEXT.matcher(text);
    while (matcher.find()) {
      all = all.and(parse(matcher.group(1)));
    }
    return all;
  }

  /** Returns these with others, which win. */
  Wishes and(Wishes others) {
    if (others.words.isEmpty()) {
      return this;
    }
    if (words.isEmpty()) {
      return others;
    }
    var both = new LinkedHashMap<>(words);
    both.putAll(others.words);
    return new Wishes(both);
  }

  boolean has(String name) {
    return words.containsKey(name);
  }

  String word(String name, String otherwise) {
    return words.getOrDefault(name, otherwise);
  }

  /**
   * Returns a number; a word without one is 0.
   *
   * @throws IllegalArgumentException when it is none
   */
  int number(String name, int otherwise) {
    String word = words.get(name);
    if (word == null) {
      return otherwise;
    }
    if (word.isEmpty()) {
      return 0;
    }
    if (!word.matches("\\d{1,9}")) {
      throw new IllegalArgumentException(
          "wish: \"" + name + "=" + word + "\" (expected: a number of at most 9 digits)");
    }
    return Integer.parseInt(word);
  }

  @Override
  public String toString() {
    return words.toString();
  }
}
