package dev.sluice.text.internal;

import dev.sluice.plugin.host.Patterns.Match;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects matches that come in any order, and keeps the first ones of the order in which they are
 * answered. A match that ends late may begin early, so what is too much goes only after sorting;
 * but it goes as it comes, so that a text full of matches takes no more memory than the answer.
 */
final class FirstMatches {
  private static final int ROOM = 1024;

  private final int limit;
  private final List<Match> matches = new ArrayList<>();

  FirstMatches(int limit) {
    this.limit = limit;
  }

  /** Takes a match; there is always room. */
  boolean add(Match match) {
    matches.add(match);
    if (matches.size() >= 2L * limit + ROOM) {
      cut();
    }
    return true;
  }

  boolean isEmpty() {
    return matches.isEmpty();
  }

  private void cut() {
    matches.sort(CompiledSet.ORDER);
    if (matches.size() > limit) {
      matches.subList(limit, matches.size()).clear();
    }
  }

  /** Returns the first matches in order. */
  List<Match> inOrder() {
    cut();
    return matches;
  }
}
