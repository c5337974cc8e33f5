package dev.sluice.state.internal.counters;

import dev.sluice.plugin.host.Counters.Limit;
import dev.sluice.plugin.host.Counters.Window;
import java.util.ArrayList;
import java.util.List;

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
      return key.equals(limit.key()) && (window == limit.window() || window.equals(limit.window()));
    }

    Entry with(Cell changed) {
      return new Entry(key, window, changed);
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

  static int row(String key, int rows) {
    int hash = key.hashCode();
    return (hash ^ hash >>> 16) & rows - 1;
  }

  /** Returns the row in which a limit's counter is or would be. */
  Entry[] row(Limit limit) {
    return rows[row(limit.key(), rows.length)];
  }

  /** Returns where in its row a limit's counter is, -1 when it is not there. */
  static int place(Entry[] row, Limit limit) {
    for (int i = 0; i < row.length; i++) {
      if (row[i].is(limit)) {
        return i;
      }
    }
    return -1;
  }

  /** Returns the rows, for a change that clones those that it writes to. */
  Entry[][] rows() {
    return rows.clone();
  }

  /** Returns whether a row is one of these, which must not be written to. */
  boolean isRow(int number, Entry[] row) {
    return rows[number] == row;
  }

  /** Returns counters in place of these. */
  Cells with(Entry[][] changed, int newSize) {
    var with = new Cells(changed, newSize);
    return newSize > size && newSize > ROW * rows.length && rows.length * rows.length <= newSize * 4
        ? with.spread(rows.length * 2)
        : with;
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
