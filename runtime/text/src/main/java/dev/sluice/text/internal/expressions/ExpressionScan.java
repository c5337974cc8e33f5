package dev.sluice.text.internal.expressions;

import dev.sluice.plugin.host.Patterns.Match;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Runs expressions over a text that arrives in pieces. Where nothing that may become a match is
 * under way, what is before is searched and done with. Where something is for more than {@link
 * #WINDOW} code points, it is searched as far as that window shows. Owned by one thread.
 */
public final class ExpressionScan {
  /** Code points that a match over a stream may have. */
  public static final int WINDOW = 8 << 10;

  /** How much text collects behind the window before it is searched. */
  private static final int STEP = WINDOW;

  private final Runes text = new Runes();
  private final List<Cursor> cursors = new ArrayList<>();

  /** Number of the first code point that is kept, counted from the first piece. */
  private long first;

  /** Opens a scan. */
  public ExpressionScan(List<Expression> expressions) {
    expressions.forEach(expression -> cursors.add(new Cursor(expression)));
  }

  /**
   * Takes the next piece and gives the matches that have become certain.
   *
   * @param last whether the text ends with it
   */
  public void feed(byte[] piece, boolean last, Predicate<Match> found) {
    int before = text.size();
    text.append(piece, last);
    long needed = first + text.size();
    for (var cursor : cursors) {
      cursor.read(before);
      cursor.settle(last, found);
      needed = Math.min(needed, cursor.open());
    }
    // One character before what is left shows whether a word begins there.
    int drop = (int) (needed - 1 - first);
    if (drop > 0) {
      text.drop(drop);
      first += drop;
    }
  }

  /** Returns the byte offset before which no match begins that is yet to be answered. */
  public long safe() {
    long open = first + text.size();
    for (var cursor : cursors) {
      open = Math.min(open, cursor.open());
    }
    return text.offset((int) (open - first));
  }

  /** Is how far one expression has come; places are counted from the first piece. */
  private final class Cursor {
    private final Expression expression;
    private Progress.@Nullable State state;

    /** No match that begins before this place is yet to be answered. */
    private long settled;

    private long lastEnd;

    /** The last place where nothing was under way, and whether there may be a match before it. */
    private long idle;

    private boolean matchedBefore;
    private boolean matchedSince;

    Cursor(Expression expression) {
      this.expression = expression;
    }

    void read(int from) {
      var current = state == null ? expression.progress().begin() : state;
      for (int i = from; i < text.size(); i++) {
        current = current.after(expression.classOf(text.at(i)));
        matchedSince |= current.matched;
        if (current.idle) {
          idle = first + i + 1;
          matchedBefore |= matchedSince;
          matchedSince = false;
        }
      }
      state = current;
    }

    void settle(boolean last, Predicate<Match> found) {
      long end = first + text.size();
      if (last) {
        search(matchedBefore || matchedSince, end, end, found);
      } else if (idle > settled) {
        search(matchedBefore, idle, idle, found);
        matchedBefore = false;
      } else if (end - settled >= WINDOW + STEP) {
        search(matchedBefore || matchedSince, end, end - WINDOW, found);
      }
    }

    /** Searches up to a place, and answers what begins before another. */
    private void search(boolean matched, long to, long before, Predicate<Match> found) {
      long from = Math.max(settled, lastEnd);
      settled = before;
      if (!matched || from >= to) {
        return;
      }
      boolean ends = to == first + text.size();
      int after = ends ? Neighbour.NONE : Neighbour.of(text.at((int) (to - first)));
      expression.search(
          text,
          (int) (from - first),
          (int) (to - first),
          after,
          (start, end) -> {
            if (first + start >= before) {
              return false;
            }
            lastEnd = first + end;
            return found.test(new Match(expression.index(), text.offset(start), text.offset(end)));
          });
    }

    /** Returns the place before which no match begins that is yet to be answered. */
    long open() {
      return Math.min(Math.max(settled, lastEnd), first + text.size());
    }
  }
}
