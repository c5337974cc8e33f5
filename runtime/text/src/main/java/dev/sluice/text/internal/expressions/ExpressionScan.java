package dev.sluice.text.internal.expressions;

import dev.sluice.plugin.host.Patterns.Match;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Runs expressions over a text that arrives in pieces. Where nothing that may become a match is
 * under way, what is before is searched, for the expressions of which a match may have ended there,
 * and done with. Where something is for more than {@link #WINDOW} code points, it is searched as
 * far as that window shows. Owned by one thread.
 */
public final class ExpressionScan {
  /** Code points that a match over a stream may have. */
  public static final int WINDOW = 8 << 10;

  /** How much text collects behind the window before it is searched. */
  private static final int STEP = WINDOW;

  private final List<Expression> expressions;
  private final Runes text = new Runes();
  private Progress.State state;

  /** Number of the first code point that is kept. All places are counted from the first piece. */
  private long first;

  /** No match that begins before this place is yet to be answered. */
  private long settled;

  /** The last place where nothing was under way. */
  private long idle;

  /** The expressions of which a match may have ended before and since that place. */
  private final BitSet before = new BitSet();

  private final BitSet since = new BitSet();
  private final Map<Integer, Long> lastEnds = new HashMap<>();

  /**
   * Opens a scan.
   *
   * @param progress of the same expressions
   */
  public ExpressionScan(List<Expression> expressions, Progress progress) {
    this.expressions = expressions;
    state = progress.begin();
  }

  /**
   * Takes the next piece and gives the matches that have become certain.
   *
   * @param last whether the text ends with it
   */
  public void feed(byte[] piece, boolean last, Predicate<Match> found) {
    int from = text.size();
    text.append(piece, last);
    read(from);
    long end = first + text.size();
    if (last) {
      before.or(since);
      search(end, end, found);
    } else if (idle > settled) {
      search(idle, idle, found);
      before.clear();
    } else if (end - settled >= WINDOW + STEP) {
      before.or(since);
      search(end, end - WINDOW, found);
    }
    // One character before what is left shows whether a word begins there.
    int drop = (int) (settled - 1 - first);
    if (drop > 0) {
      text.drop(drop);
      first += drop;
    }
  }

  private void read(int from) {
    var current = state;
    for (int i = from; i < text.size(); i++) {
      current = current.after(text.at(i));
      for (int expression : current.matched) {
        since.set(expression);
      }
      if (current.idle) {
        idle = first + i + 1;
        if (!since.isEmpty()) {
          before.or(since);
          since.clear();
        }
      }
    }
    state = current;
  }

  /** Searches up to a place, and answers what begins before another. */
  private void search(long to, long begins, Predicate<Match> found) {
    long from = settled;
    settled = begins;
    boolean ends = to == first + text.size();
    int after = ends ? Neighbour.NONE : Neighbour.of(text.at((int) (to - first)));
    for (int number = before.nextSetBit(0); number >= 0; number = before.nextSetBit(number + 1)) {
      int expression = number;
      long begin = Math.max(from, lastEnds.getOrDefault(number, 0L));
      if (begin >= to) {
        continue;
      }
      var sought = expressions.get(number);
      sought.search(
          text,
          (int) (begin - first),
          (int) (to - first),
          after,
          (start, end) -> {
            if (first + start >= begins) {
              return false;
            }
            lastEnds.put(expression, first + end);
            return found.test(new Match(sought.index(), text.offset(start), text.offset(end)));
          });
    }
  }

  /** Returns the byte offset before which no match begins that is yet to be answered. */
  public long safe() {
    return text.offset((int) (settled - first));
  }
}
