package dev.sluice.usage;

import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Says which usage is asked for.
 *
 * @param groupBy by what sums are told apart; empty for one sum of all
 * @param where the value that a dimension must have
 * @param from the first day (UTC), or null for all
 * @param to the last day (UTC), or null for all
 * @param limit how many rows are returned at most, at least 1
 */
public record UsageQuery(
    List<Dimension> groupBy,
    Map<Dimension, String> where,
    @Nullable LocalDate from,
    @Nullable LocalDate to,
    int limit) {
  /** Copies the lists. */
  public UsageQuery {
    groupBy = List.copyOf(groupBy);
    where = Map.copyOf(where);
    if (limit < 1) {
      throw new IllegalArgumentException("limit: " + limit + " (expected: 1 or more)");
    }
  }

  /** Names by what usage is told apart. */
  public enum Dimension {
    CONSUMER,
    MODEL,
    PROVIDER,
    ROUTE,
    DAY
  }
}
