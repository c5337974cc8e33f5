package dev.sluice.text.internal;

import dev.sluice.plugin.host.Patterns.Match;
import dev.sluice.text.internal.LiteralAutomaton.Literal;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs a {@link LiteralAutomaton} over a text that arrives in pieces. What it keeps is bounded by
 * the longest literal and the number of literals, whatever the length of the text.
 */
final class LiteralScan {
  private final LiteralAutomaton automaton;
  private final long[] lastEnds;

  /** Starts of the last code points, by their number modulo the length; so is {@link #words}. */
  private final long[] starts;

  private final boolean[] words;
  private final byte[] carry = new byte[4];
  private int carried;

  private int state;
  private long count;
  private long offset;

  /** Whole-word matches whose next character is not known yet. */
  private final List<Match> pending = new ArrayList<>(0);

  LiteralScan(LiteralAutomaton automaton) {
    this.automaton = automaton;
    this.lastEnds = new long[automaton.literals().length];
    int window = Integer.highestOneBit(automaton.maxLength() + 1) * 2;
    this.starts = new long[window];
    this.words = new boolean[window];
  }

  /**
   * Takes a piece and adds the certain matches to a list, until it holds {@code limit}.
   *
   * @return false when the limit was reached; the scan is then of no more use
   */
  boolean feed(byte[] piece, boolean last, int limit, List<Match> found) {
    int from = 0;
    while (carried > 0 && from < piece.length) {
      carry[carried++] = piece[from++];
      drainCarry(false, found);
    }
    int at = from;
    while (at < piece.length && carried == 0) {
      int codePoint = CodePoints.read(piece, at, piece.length);
      if (codePoint == CodePoints.INCOMPLETE) {
        carried = piece.length - at;
        System.arraycopy(piece, at, carry, 0, carried);
        break;
      }
      int width = CodePoints.width(codePoint);
      step(codePoint, width, found);
      at += width;
      if (found.size() >= limit) {
        return false;
      }
    }
    if (last) {
      drainCarry(true, found);
      settle(false, found);
    }
    return found.size() < limit;
  }

  private void drainCarry(boolean last, List<Match> found) {
    while (carried > 0) {
      int codePoint = CodePoints.read(carry, 0, carried);
      if (codePoint == CodePoints.INCOMPLETE) {
        if (!last) {
          return;
        }
        codePoint = CodePoints.INVALID;
      }
      int width = CodePoints.width(codePoint);
      step(codePoint, width, found);
      carried -= width;
      System.arraycopy(carry, width, carry, 0, carried);
    }
  }

  private void step(int codePoint, int width, List<Match> found) {
    boolean word = codePoint >= 0 && CodePoints.isWord(codePoint);
    if (!pending.isEmpty()) {
      settle(word, found);
    }
    int slot = (int) count & (starts.length - 1);
    starts[slot] = offset;
    words[slot] = word;
    count++;
    offset += width;
    state = automaton.next(state, codePoint);
    for (int out = automaton.firstOutput(state); out != 0; out = automaton.nextOutput(out)) {
      for (int literal : automaton.output(out)) {
        candidate(literal, found);
      }
    }
  }

  private void candidate(int number, List<Match> found) {
    Literal literal = automaton.literals()[number];
    long first = count - literal.length();
    long start = starts[(int) first & (starts.length - 1)];
    if (!literal.wholeWord()) {
      accept(number, start, offset, found);
    } else if (first == 0 || !words[(int) (first - 1) & (words.length - 1)]) {
      pending.add(new Match(number, start, offset));
    }
  }

  private void settle(boolean nextIsWord, List<Match> found) {
    if (!nextIsWord) {
      for (var match : pending) {
        accept(match.pattern(), match.start(), match.end(), found);
      }
    }
    pending.clear();
  }

  private void accept(int number, long start, long end, List<Match> found) {
    if (start >= lastEnds[number]) {
      lastEnds[number] = end;
      found.add(new Match(automaton.literals()[number].index(), start, end));
    }
  }

  /** Returns the offset before which no match begins that is yet to be answered. */
  long safe() {
    long safe = offset;
    int depth = automaton.depth(state);
    if (depth > 0) {
      safe = starts[(int) (count - depth) & (starts.length - 1)];
    }
    for (var match : pending) {
      safe = Math.min(safe, match.start());
    }
    return safe;
  }
}
