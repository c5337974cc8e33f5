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

  /** Returns these with a counter set. */
  Cells with(Limit limit, Cell cell) {
    int at = row(limit.key(), rows.length);
    var row = rows[at];
    for (int i = 0; i < row.length; i++) {
      if (row[i].is(limit)) {
        var changed = row.clone();
        changed[i] = new Entry(row[i].key(), row[i].window(), cell);
        return with(at, changed, size);
      }
    }
    var longer = Arrays.copyOf(row, row.length + 1);
    longer[row.length] = new Entry(limit.key(), limit.window(), cell);
    var more = with(at, longer, size + 1);
    return more.size > ROW * rows.length && rows.length * rows.length <= size * 4
        ? more.spread(rows.length * 2)
        : more;
  }

  private Cells with(int at, Entry[] row, int newSize) {
    var changed = rows.clone();
    changed[at] = row;
    return new Cells(changed, newSize);
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
