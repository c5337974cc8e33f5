package dev.sluice.state.internal.counters;

import dev.sluice.plugin.host.Counters.Limit;
import dev.sluice.plugin.host.Counters.Window;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongBinaryOperator;

/**
 * Counts as the documentation says, from a list of all that was ever charged, by one thread and
 * without a thought of speed.
 */
final class CounterModel {
  /** Says when a slot ends that is taken at a time until another. */
  private final LongBinaryOperator slotEnd;

  private final Map<Limit, History> histories = new HashMap<>();
  private final Map<Long, Reserved> reservations = new HashMap<>();

  /** Is an open reservation. */
  private record Reserved(List<Limit> limits, List<Charge> charges, long amount, long expires) {}

  /** Is an amount that counts in the window that began at a time, or a slot until a time. */
  private static final class Charge {
    private final long window;
    private long amount;

    Charge(long window, long amount) {
      this.window = window;
      this.amount = amount;
    }
  }

  /** Is what was charged to one limit. */
  private static final class History {
    private final List<Charge> charges;

    /** The window that has been reached: clocks that step back reach no earlier one. */
    private long start = Long.MIN_VALUE;

    private long end = Long.MIN_VALUE;
    private double level;
    private long since = Long.MIN_VALUE;

    History(List<Charge> charges) {
      this.charges = new ArrayList<>(charges);
    }

    History copy() {
      var copy = new History(charges);
      copy.start = start;
      copy.end = end;
      copy.level = level;
      copy.since = since;
      return copy;
    }

    long sum(long window) {
      return charges.stream().filter(c -> c.window == window).mapToLong(c -> c.amount).sum();
    }
  }

  CounterModel(LongBinaryOperator slotEnd) {
    this.slotEnd = slotEnd;
  }

  /** Returns what is charged, as of a time; looking at it changes nothing. */
  private History at(Limit limit, long now) {
    var known = histories.get(limit);
    var history = known == null ? new History(List.of()) : known.copy();
    switch (limit.window()) {
      case Window.Fixed fixed -> {
        if (now >= history.end) {
          var start = start(fixed, now);
          history.start = start.toInstant().toEpochMilli();
          history.end = end(fixed, start);
        }
      }
      case Window.Sliding sliding ->
          history.start = Math.max(history.start, Math.floorDiv(now, sliding.length().toMillis()));
      case Window.TokenBucket bucket -> {
        if (now > history.since) {
          double refilled =
              history.since == Long.MIN_VALUE
                  ? 0
                  : bucket.perSecond() * (now - history.since) / 1000;
          history.level = Math.max(0, history.level - refilled);
          history.since = now;
        }
      }
      case Window.Concurrency slots -> history.charges.removeIf(c -> c.window <= now);
    }
    return history;
  }

  static ZonedDateTime start(Window.Fixed fixed, long now) {
    var time = Instant.ofEpochMilli(now).atZone(ZoneId.of(fixed.zone()));
    return switch (fixed.unit()) {
      case "second" -> time.truncatedTo(ChronoUnit.SECONDS);
      case "minute" -> time.truncatedTo(ChronoUnit.MINUTES);
      case "hour" -> time.truncatedTo(ChronoUnit.HOURS);
      case "day" -> time.toLocalDate().atStartOfDay(time.getZone());
      case "week" ->
          time.toLocalDate()
              .with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY))
              .atStartOfDay(time.getZone());
      default -> time.toLocalDate().withDayOfMonth(1).atStartOfDay(time.getZone());
    };
  }

  static long end(Window.Fixed fixed, ZonedDateTime start) {
    LocalDateTime day = start.toLocalDate().atStartOfDay();
    var next =
        switch (fixed.unit()) {
          case "second" -> start.plusSeconds(1);
          case "minute" -> start.plusMinutes(1);
          case "hour" -> start.plusHours(1);
          case "day" -> day.toLocalDate().plusDays(1).atStartOfDay(start.getZone());
          case "week" -> day.toLocalDate().plusWeeks(1).atStartOfDay(start.getZone());
          default -> day.toLocalDate().plusMonths(1).atStartOfDay(start.getZone());
        };
    return next.toInstant().toEpochMilli();
  }

  long left(Limit limit, long now) {
    var history = at(limit, now);
    return switch (limit.window()) {
      case Window.Fixed fixed -> limit.amount() - history.sum(history.start);
      case Window.Sliding sliding -> {
        long length = sliding.length().toMillis();
        long elapsed = Math.clamp(now - history.start * length, 0, length);
        double before = history.sum(history.start - 1) * ((double) (length - elapsed) / length);
        yield limit.amount() - history.sum(history.start) - (long) Math.ceil(before);
      }
      case Window.TokenBucket bucket -> (long) Math.floor(limit.amount() - history.level + 1e-9);
      case Window.Concurrency slots -> limit.amount() - history.charges.size();
    };
  }

  void add(List<Limit> limits, long amount, long now) {
    limits.forEach(limit -> charge(limit, amount, now, now));
  }

  private Charge charge(Limit limit, long amount, long now, long expires) {
    var history = at(limit, now);
    var charge =
        switch (limit.window()) {
          case Window.Concurrency slots -> {
            long until = Math.min(expires, now + slots.expiry().toMillis());
            yield new Charge(slotEnd.applyAsLong(now, until), 1);
          }
          default -> new Charge(history.start, amount);
        };
    history.level += amount;
    history.charges.add(charge);
    histories.put(limit, history);
    return charge;
  }

  boolean grants(List<Limit> limits, long amount, long now) {
    return limits.stream()
        .allMatch(
            limit ->
                left(limit, now) >= (limit.window() instanceof Window.Concurrency ? 1 : amount));
  }

  void reserve(long id, List<Limit> limits, long amount, long now, long expiry) {
    var charges = new ArrayList<Charge>();
    limits.forEach(limit -> charges.add(charge(limit, amount, now, now + expiry)));
    reservations.put(id, new Reserved(limits, charges, amount, now + expiry));
  }

  /** Settles and returns whether the reservation was open. */
  boolean settle(long id, long amount, long now) {
    var known = reservations.remove(id);
    if (known == null || now >= known.expires) {
      return false;
    }
    for (int i = 0; i < known.charges.size(); i++) {
      settle(known.limits.get(i), known.charges.get(i), known.amount, amount, now);
    }
    return true;
  }

  private void settle(Limit limit, Charge charge, long reserved, long amount, long now) {
    var history = at(limit, now);
    if (limit.window() instanceof Window.Concurrency) {
      history.charges.remove(charge);
    } else if (amount > reserved) {
      charge(limit, amount - reserved, now, now);
    } else if (amount < reserved) {
      charge.amount -= reserved - amount;
      history.level = Math.max(0, history.level - (reserved - amount));
    } else {
      return;
    }
    if (amount <= reserved || limit.window() instanceof Window.Concurrency) {
      histories.put(limit, history);
    }
  }

  /** Forgets reservations that have expired. */
  void sweep(long now) {
    reservations.values().removeIf(reserved -> now >= reserved.expires);
  }
}
