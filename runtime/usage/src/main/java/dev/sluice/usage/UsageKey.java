package dev.sluice.usage;

import dev.sluice.usage.UsageQuery.Dimension;
import java.time.LocalDate;

/**
 * Tells sums apart.
 *
 * @param day since 1970, in UTC
 */
record UsageKey(String consumer, String model, String provider, String route, long day) {
  String value(Dimension dimension) {
    return switch (dimension) {
      case CONSUMER -> consumer;
      case MODEL -> model;
      case PROVIDER -> provider;
      case ROUTE -> route;
      case DAY -> LocalDate.ofEpochDay(day).toString();
    };
  }

  /** Returns what it is added to when there are too many. */
  UsageKey folded() {
    return new UsageKey(
        consumer.isEmpty() ? "" : UsageLedger.OTHER,
        model.isEmpty() ? "" : UsageLedger.OTHER,
        provider,
        route,
        day);
  }
}
