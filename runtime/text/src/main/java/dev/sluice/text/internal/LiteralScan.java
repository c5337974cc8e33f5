package dev.sluice.text.internal;

import dev.sluice.plugin.host.Patterns.Match;
import dev.sluice.text.internal.LiteralAutomaton.Literal;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Runs a {@link LiteralAutomaton} over a text that arrives in pieces. What it keeps is bounded by
 * the longest literal and the number of literals, whatever the length of the text.
 */
final class LiteralScan {
  private static final int PAGE = 6;

  private final LiteralAutomaton automaton;

  /** Ends of the last matches by literal, in pages, so that a scan costs what it finds. */
  private final long[] @Nullable [] lastEnds;

  /** Starts of the last code points, by their number modulo the length; so is {@link #words}. */
  private final long[] starts;

  private final boolean[] words;
  private final byte[] carry = new byte[4];
  private int carried;

  private int state;
  private boolean stopped;
  private long count;
  private long offset;

  /** Whole-word matches whose next character is not known yet. */
  private final List<Match> pending = new ArrayList<>(0);

  LiteralScan(LiteralAutomaton automaton) {
    this.automaton = automaton;
    this.lastEnds = new long[(automaton.literals().length >> PAGE) + 1][];
    int window = Integer.highestOneBit(automaton.maxLength() + 1) * 2;
    this.starts = new long[window];
    this.words = new boolean[window];
  }

  /**
   * Takes a piece and gives the certain matches.
   *
   * @param found takes a match, and says whether to go on; when not, the scan is of no more use
   */
  void feed(byte[] piece, boolean last, Predicate<Match> found) {
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
      if (stopped) {
        return;
      }
    }
    if (last) {
      drainCarry(true, found);
      settle(false, found);
    }
  }

  private void drainCarry(boolean last, Predicate<Match> found) {
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

  private void step(int codePoint, int width, Predicate<Match> found) {
    boolean word = automaton.hasWholeWords() && codePoint >= 0 && CodePoints.isWord(codePoint);
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

  private void candidate(int number, Predicate<Match> found) {
    Literal literal = automaton.literals()[number];
    long first = count - literal.length();
    long start = starts[(int) first & (starts.length - 1)];
    if (!literal.wholeWord()) {
      accept(number, start, offset, found);
    } else if (first == 0 || !words[(int) (first - 1) & (words.length - 1)]) {
      pending.add(new Match(number, start, offset));
    }
  }

  private void settle(boolean nextIsWord, Predicate<Match> found) {
    if (!nextIsWord) {
      for (var match : pending) {
        accept(match.pattern(), match.start(), match.end(), found);
      }
    }
    pending.clear();
  }

  private void accept(int number, long start, long end, Predicate<Match> found) {
    var page = lastEnds[number >> PAGE];
    if (page == null) {
      page = new long[1 << PAGE];
      lastEnds[number >> PAGE] = page;
    }
    int slot = number & (1 << PAGE) - 1;
    if (start >= page[slot]) {
      page[slot] = end;
      stopped |= !found.test(new Match(automaton.literals()[number].index(), start, end));
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
