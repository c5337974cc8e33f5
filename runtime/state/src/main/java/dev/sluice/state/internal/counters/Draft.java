package dev.sluice.state.internal.counters;

import dev.sluice.plugin.host.Counters.Limit;
import dev.sluice.plugin.host.Counters.Remaining;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Is the counters of several limits as they are at a time, to be changed together: each is looked
 * up once. Belongs to one thread. Guarded by the benchmark {@code CountersBench}.
 */
final class Draft {
  private final Cells before;
  private final List<Limit> limits;
  private final long now;

  /** Where each counter stands among those of its row, negative for one that is not there yet. */
  private final int[] places;

  private final Cell[] cells;

  /**
   * The counters to write. One that was only looked at stays as it was written last: a clock that
   * steps back must not find it further on than those who counted left it.
   */
  private final boolean[] changed;

  private boolean written;

  Draft(Cells before, List<Limit> limits, long now) {
    this.before = before;
    this.limits = limits;
    this.now = now;
    int count = limits.size();
    places = new int[count];
    cells = new Cell[count];
    changed = new boolean[count];
    for (int i = 0; i < count; i++) {
      var limit = limits.get(i);
      var row = before.row(limit);
      int place = Cells.place(row, limit);
      places[i] = place;
      cells[i] = place < 0 ? Cell.fresh(limit.window(), now) : row[place].cell().at(now);
    }
  }

  Cell cell(int number) {
    return cells[number];
  }

  void set(int number, Cell cell) {
    cells[number] = cell;
    changed[number] = true;
    written = true;
  }

  /** Returns all counters, with these as they were set. */
  Cells after() {
    if (!written) {
      return before;
    }
    var rows = before.rows();
    int size = before.size();
    for (int i = 0; i < cells.length; i++) {
      if (changed[i]) {
        write(i, rows);
        size += places[i] < 0 ? 1 : 0;
      }
    }
    return before.with(rows, size);
  }

  private void write(int number, Cells.Entry[][] rows) {
    var limit = limits.get(number);
    int at = Cells.row(limit.key(), rows.length);
    var row = rows[at];
    int place = places[number];
    if (place < 0) {
      var longer = Arrays.copyOf(row, row.length + 1);
      longer[row.length] = new Cells.Entry(limit.key(), limit.window(), cells[number]);
      rows[at] = longer;
    } else {
      var mine = before.isRow(at, row) ? row.clone() : row;
      mine[place] = row[place].with(cells[number]);
      rows[at] = mine;
    }
  }

  /** Returns about how many bytes of counters {@link #after} has more. */
  long added() {
    long added = 0;
    for (int i = 0; i < places.length; i++) {
      added += places[i] < 0 && changed[i] ? Cells.Entry.bytes(limits.get(i).key()) : 0;
    }
    return added;
  }

  List<Remaining> remaining() {
    var all = new ArrayList<Remaining>(cells.length);
    for (int i = 0; i < cells.length; i++) {
      var limit = limits.get(i);
      all.add(
          new Remaining(
              limit,
              cells[i].remaining(limit.amount(), now),
              Instant.ofEpochMilli(cells[i].renews(now))));
    }
    return all;
  }
}
