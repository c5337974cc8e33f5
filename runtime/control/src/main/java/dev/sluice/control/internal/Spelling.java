package dev.sluice.control.internal;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Guesses which word was meant. */
final class Spelling {
  private Spelling() {}

  /** Returns the nearest of some words when it is near enough. */
  static Optional<String> meant(String word, Collection<String> known) {
    return known.stream()
        .filter(other -> distance(other, word) <= Math.max(1, word.length() / 3))
        .min(Comparator.comparingInt(other -> distance(other, word)));
  }

  /** Counts the edits between two words (Levenshtein), without regard to case. */
  private static int distance(String a, String b) {
    var row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        boolean same =
            Character.toLowerCase(a.charAt(i - 1)) == Character.toLowerCase(b.charAt(j - 1));
        int replaced = same ? diagonal : diagonal + 1;
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
