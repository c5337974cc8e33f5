package dev.sluice.state.internal.counters;

import dev.sluice.plugin.host.Counters.Window;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.TemporalAdjusters;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Finds the calendar unit around a time. Weeks begin on Monday (ISO 8601). A unit ends where the
 * next one begins, so a day on which clocks change has 23 or 25 hours.
 */
final class Calendar {
  /** The units that there are. */
  static final List<String> UNITS = List.of("second", "minute", "hour", "day", "week", "month");

  /** Zones that were asked for: finding one by its name takes longer than counting. */
  private static final Map<String, ZoneId> ZONES = new ConcurrentHashMap<>();

  /** There are fewer by name; those that are an offset could be many. */
  private static final int MOST_ZONES = 1_000;

  private Calendar() {}

  /** Is a stretch of time in milliseconds since 1970, without its end. */
  record Span(long start, long end) {}

  static Span span(Window.Fixed window, long now) {
    return switch (window.unit()) {
      case "second" -> aligned(now, 1000, 0);
      case "minute" -> aligned(now, 60_000, offset(window, now));
      case "hour" -> aligned(now, 3_600_000, offset(window, now));
      default -> days(window, now);
    };
  }

  /**
   * By the offset of this moment: where a clock steps by half an hour, an hour may be cut short.
   */
  private static Span aligned(long now, long unit, long offset) {
    long start = Math.floorDiv(now + offset, unit) * unit - offset;
    return new Span(start, start + unit);
  }

  private static long offset(Window.Fixed window, long now) {
    var rules = zone(window.zone()).getRules();
    return rules.getOffset(Instant.ofEpochMilli(now)).getTotalSeconds() * 1000L;
  }

  private static Span days(Window.Fixed window, long now) {
    var zone = zone(window.zone());
    var today = Instant.ofEpochMilli(now).atZone(zone).toLocalDate();
    return switch (window.unit()) {
      case "day" -> new Span(midnight(today, zone), midnight(today.plusDays(1), zone));
      case "week" -> {
        var monday = today.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
        yield new Span(midnight(monday, zone), midnight(monday.plusWeeks(1), zone));
      }
      case "month" -> {
        var first = today.withDayOfMonth(1);
        yield new Span(midnight(first, zone), midnight(first.plusMonths(1), zone));
      }
      default -> throw new IllegalArgumentException("unit: " + window.unit());
    };
  }

  /** The first moment of a day: not always midnight, where clocks change at that time. */
  private static long midnight(LocalDate day, ZoneId zone) {
    return day.atStartOfDay(zone).toInstant().toEpochMilli();
  }

  /** Returns whether there is such a time zone. */
  static boolean isZone(String zone) {
    try {
      zone(zone);
      return true;
    } catch (DateTimeException e) {
      return false;
    }
  }

  private static ZoneId zone(String name) {
    var known = ZONES.get(name);
    if (known != null) {
      return known;
    }
    var zone = ZoneId.of(name);
    if (ZONES.size() < MOST_ZONES) {
      ZONES.put(name, zone);
    }
    return zone;
  }
}
