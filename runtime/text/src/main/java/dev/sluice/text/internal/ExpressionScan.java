package dev.sluice.text.internal;

import dev.sluice.plugin.host.Patterns.Match;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Runs expressions over a text that arrives in pieces. It keeps the last {@link #WINDOW} bytes, so
 * a match over a stream is at most that long; longer ones are found as far as the window shows
 * them. A match is certain once a window of text stands behind its start.
 */
final class ExpressionScan {
  /** Bytes that a match over a stream may have. */
  static final int WINDOW = 8 << 10;

  /** How much text collects before it is scanned again: keeps small pieces from costing a scan. */
  private static final int STEP = WINDOW;

  private final ExpressionSet expressions;
  private byte[] kept = new byte[0];
  private long keptFrom;

  /** No match before this offset is yet to be answered. */
  private long settled;

  private final long[] lastEnds;

  ExpressionScan(ExpressionSet expressions) {
    this.expressions = expressions;
    this.lastEnds = new long[expressions.size()];
  }

  void feed(byte[] piece, boolean last, List<Match> found) {
    int length = kept.length;
    kept = Arrays.copyOf(kept, length + piece.length);
    System.arraycopy(piece, 0, kept, length, piece.length);
    long end = keptFrom + kept.length;
    long certain = last ? end : Math.max(settled, end - WINDOW);
    if (!last && certain - settled < STEP) {
      return;
    }
    for (int i = 0; i < lastEnds.length; i++) {
      scan(i, last ? Long.MAX_VALUE : certain, found);
    }
    settled = certain;
    // One character before what is left shows whether a word begins there.
    int drop = (int) Math.max(0, settled - keptFrom - 4);
    kept = Arrays.copyOfRange(kept, drop, kept.length);
    keptFrom += drop;
  }

  private void scan(int number, long before, List<Match> found) {
    var matches = new ArrayList<Match>();
    int from = (int) (Math.max(settled, lastEnds[number]) - keptFrom);
    if (from > kept.length) {
      return;
    }
    expressions.scan(number, kept, from, Integer.MAX_VALUE, matches);
    for (var match : matches) {
      long start = keptFrom + match.start();
      if (start < before) {
        lastEnds[number] = keptFrom + match.end();
        found.add(new Match(match.pattern(), start, lastEnds[number]));
      }
    }
  }

  long safe() {
    return settled;
  }
}
