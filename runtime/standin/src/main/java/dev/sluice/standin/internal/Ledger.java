package dev.sluice.standin.internal;

import dev.sluice.standin.Books;
import dev.sluice.standin.ProducedAnswer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Keeps the books. Thread-safe. */
final class Ledger {
  /** More rows than any test needs; what comes after shares one. */
  private static final int ROWS = 1_000;

  /** More answers than any test asks for; the oldest is forgotten for a new one. */
  private static final int ANSWERS = 20_000;

  /** How an answer ended. */
  enum End {
    COMPLETE,
    CUT,
    ABANDONED
  }

  /** Is what was asked for. */
  record Row(String operation, String model, String key) {}

  /** The sums of a row, by how its answers ended. */
  private static final class Sums {
    long refused;
    final Map<End, Books.Sum> ends = new EnumMap<>(End.class);

    Books.Sum of(End end) {
      return ends.getOrDefault(end, Books.Sum.NONE);
    }
  }

  private final Map<Row, Sums> rows = new LinkedHashMap<>();
  private final Deque<ProducedAnswer> answers = new ArrayDeque<>();
  private long active;

  synchronized void begun() {
    active++;
  }

  synchronized void over() {
    active--;
  }

  synchronized void refused(String requestId, Row row) {
    row(row).refused++;
    keep(requestId, row, ProducedAnswer.Outcome.REFUSED, Books.Sum.NONE);
  }

  synchronized void answered(String requestId, Row row, End end, Books.Sum sum) {
    row(row).ends.merge(end, sum, Books.Sum::plus);
    keep(requestId, row, ProducedAnswer.Outcome.valueOf(end.name()), sum);
  }

  private void keep(String requestId, Row row, ProducedAnswer.Outcome outcome, Books.Sum sum) {
    if (answers.size() == ANSWERS) {
      answers.removeFirst();
    }
    answers.addLast(
        new ProducedAnswer(
            requestId,
            row.operation(),
            row.model(),
            row.key(),
            outcome,
            sum.input(),
            sum.cached(),
            sum.output(),
            sum.reasoning()));
  }

  synchronized List<ProducedAnswer> answers() {
    return List.copyOf(answers);
  }

  private Sums row(Row wanted) {
    Row row = wanted;
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
    answers.clear();
  }
}
