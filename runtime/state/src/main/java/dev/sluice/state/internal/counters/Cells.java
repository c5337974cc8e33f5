package dev.sluice.state.internal.counters;

import dev.sluice.plugin.host.Counters.Limit;
import dev.sluice.plugin.host.Counters.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Is the counters of keys that share a tag, as they are at one moment. Immutable: a change is a
 * copy, and what is copied grows with the root of the number of counters.
 */
final class Cells {
  /** Counters in one row before there are more rows. */
  private static final int ROW = 32;

  /** Has no counter. */
  static final Cells EMPTY = new Cells(new Entry[][] {{}}, 0);

  /** Stands for counters that were thrown away: whoever still has them looks for others. */
  static final Cells GONE = new Cells(new Entry[][] {{}}, 0);

  private final Entry[][] rows;
  private final int size;

  /** Is one counter with its name. */
  record Entry(String key, Window window, Cell cell) {
    boolean is(Limit limit) {
      return key.equals(limit.key()) && window.equals(limit.window());
    }

    /** Returns about how much memory it takes. */
    long bytes() {
      return bytes(key);
    }

    static long bytes(String key) {
      return 2L * key.length() + 200;
    }
  }

  private Cells(Entry[][] rows, int size) {
    this.rows = rows;
    this.size = size;
  }

  int size() {
    return size;
  }

  private static int row(String key, int rows) {
    int hash = key.hashCode();
    return (hash ^ hash >>> 16) & rows - 1;
  }

  @Nullable Entry find(Limit limit) {
    for (var entry : rows[row(limit.key(), rows.length)]) {
      if (entry.is(limit)) {
        return entry;
      }
    }
    return null;
  }

  /** Returns the counter of a limit as it is at a time, a fresh one when there is none. */
  Cell cell(Limit limit, long now) {
    var entry = find(limit);
    return entry == null ? Cell.fresh(limit.window(), now) : entry.cell().at(now);
  }

  /** Returns the counters of limits as they are at a time. */
  Cell[] at(List<Limit> limits, long now) {
    var cells = new Cell[limits.size()];
    for (int i = 0; i < cells.length; i++) {
      cells[i] = cell(limits.get(i), now);
    }
    return cells;
  }

  /** Returns these with the counters of limits set; what is copied is copied once for all. */
  Cells with(List<Limit> limits, Cell[] cells) {
    var changed = rows.clone();
    int more = size;
    for (int i = 0; i < cells.length; i++) {
      var limit = limits.get(i);
      int number = row(limit.key(), rows.length);
      var row = changed[number];
      int place = place(row, limit);
      if (place == row.length) {
        row = Arrays.copyOf(row, place + 1);
        more++;
      } else if (row == rows[number]) {
        row = row.clone();
      }
      row[place] = new Entry(limit.key(), limit.window(), cells[i]);
      changed[number] = row;
    }
    var with = new Cells(changed, more);
    return more > size && more > ROW * rows.length && rows.length * rows.length <= size * 4
        ? with.spread(rows.length * 2)
        : with;
  }

  private static int place(Entry[] row, Limit limit) {
    int place = 0;
    while (place < row.length && !row[place].is(limit)) {
      place++;
    }
    return place;
  }

  /** Returns these without the counters that are as if nothing had been counted. */
  Cells without(long now) {
    var left = new ArrayList<Entry>();
    for (var row : rows) {
      for (var entry : row) {
        if (entry.cell().over() > now) {
          left.add(entry);
        }
      }
    }
    return left.size() == size ? this : of(left, rows.length);
  }

  private Cells spread(int count) {
    var all = new ArrayList<Entry>(size);
    for (var row : rows) {
      all.addAll(List.of(row));
    }
    return of(all, count);
  }

  private static Cells of(List<Entry> entries, int count) {
    var lists = new ArrayList<List<Entry>>();
    for (int i = 0; i < count; i++) {
      lists.add(new ArrayList<>());
    }
    entries.forEach(entry -> lists.get(row(entry.key(), count)).add(entry));
    return new Cells(
        lists.stream().map(list -> list.toArray(Entry[]::new)).toArray(Entry[][]::new),
        entries.size());
  }

  /** Returns about how much memory they take. */
  long bytes() {
    long bytes = 0;
    for (var row : rows) {
      for (var entry : row) {
        bytes += entry.bytes();
      }
    }
    return bytes;
  }
}
