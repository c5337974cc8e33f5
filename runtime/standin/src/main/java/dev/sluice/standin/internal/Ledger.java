package dev.sluice.standin.internal;

import dev.sluice.standin.Books;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Keeps the books. Thread-safe. */
final class Ledger {
  /** More rows than any test needs; what comes after shares one. */
  private static final int ROWS = 1_000;

  /** How an answer ended. */
  enum End {
    COMPLETE,
    CUT,
    ABANDONED
  }

  private record Row(String operation, String model, String key) {}

  /** The sums of a row, by how its answers ended. */
  private static final class Sums {
    long refused;
    final Map<End, Books.Sum> ends = new EnumMap<>(End.class);

    Books.Sum of(End end) {
      return ends.getOrDefault(end, Books.Sum.NONE);
    }
  }

  private final Map<Row, Sums> rows = new LinkedHashMap<>();
  private long active;

  synchronized void begun() {
    active++;
  }

  synchronized void over() {
    active--;
  }

  synchronized void refused(String operation, String model, String key) {
    row(operation, model, key).refused++;
  }

  synchronized void answered(String operation, String model, String key, End end, Books.Sum sum) {
    row(operation, model, key).ends.merge(end, sum, Books.Sum::plus);
  }

  private Sums row(String operation, String model, String key) {
    Row row = new Row(operation, model, key);
    if (rows.size() >= ROWS && !rows.containsKey(row)) {
      row = new Row("other", "", "");
    }
    return rows.computeIfAbsent(row, absent -> new Sums());
  }

  synchronized Books books() {
    var entries = new ArrayList<Books.Entry>(rows.size());
    rows.forEach(
        (row, sums) ->
            entries.add(
                new Books.Entry(
                    row.operation(),
                    row.model(),
                    row.key(),
                    sums.refused,
                    sums.of(End.COMPLETE),
                    sums.of(End.CUT),
                    sums.of(End.ABANDONED))));
    return new Books(active, entries);
  }

  synchronized void forget() {
    rows.clear();
  }
}
