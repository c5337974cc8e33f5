package dev.sluice.state.internal.counters;

import dev.sluice.plugin.host.Counters.Decision;
import dev.sluice.plugin.host.Counters.Limit;
import dev.sluice.plugin.host.Counters.Remaining;
import dev.sluice.plugin.host.Counters.Window;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the counters and reservations of one owner in memory. Counters whose keys share a tag
 * change together, by one compare-and-set; nothing that still counts is ever thrown away: when
 * there is no room left, new counters are refused. Thread-safe and lock-free.
 */
final class CounterShelf {
  private static final long RESERVATION_BYTES = 200;

  private volatile long maxBytes;
  private final LongSupplier clock;
  private final ConcurrentMap<String, Group> groups = new ConcurrentHashMap<>();
  private final ConcurrentMap<Long, Reservation> reservations = new ConcurrentHashMap<>();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong ids;

  /** Is an amount taken on several limits until somebody says what was really used. */
  private record Reservation(
      String tag,
      List<Limit> limits,
      long[] stamps,
      long amount,
      long expires,
      AtomicBoolean over) {
    long bytes() {
      return RESERVATION_BYTES + 64L * limits.size();
    }
  }

  /**
   * @param maxBytes that counters and reservations may take
   * @param clock the time in milliseconds since 1970
   * @param firstReservation reservations have numbers above this
   */
  CounterShelf(long maxBytes, LongSupplier clock, long firstReservation) {
    ids = new AtomicLong(firstReservation);
    this.maxBytes = maxBytes;
    this.clock = clock;
  }

  /** Sets how many bytes may be taken from now on; what is there stays. */
  void bound(long bytes) {
    maxBytes = bytes;
  }

  /** Is the counters that share a tag, as they are now. */
  private static final class Group {
    private static final AtomicReferenceFieldUpdater<Group, Cells> CELLS =
        AtomicReferenceFieldUpdater.newUpdater(Group.class, Cells.class, "cells");

    private volatile Cells cells = Cells.EMPTY;

    boolean change(Cells before, Cells after) {
      return CELLS.compareAndSet(this, before, after);
    }
  }

  private Group group(String tag) {
    return groups.computeIfAbsent(tag, t -> new Group());
  }

  private Cells cells(String tag) {
    var group = groups.get(tag);
    var cells = group == null ? Cells.EMPTY : group.cells;
    return cells == Cells.GONE ? Cells.EMPTY : cells;
  }

  List<Remaining> peek(String tag, List<Limit> limits) {
    return remaining(cells(tag), limits, clock.getAsLong());
  }

  private static List<Remaining> remaining(Cells cells, List<Limit> limits, long now) {
    var all = new ArrayList<Remaining>(limits.size());
    for (var limit : limits) {
      var cell = cells.cell(limit, now);
      all.add(
          new Remaining(
              limit, cell.remaining(limit.amount(), now), Instant.ofEpochMilli(cell.renews(now))));
    }
    return all;
  }

  List<Remaining> add(String tag, List<Limit> limits, long amount) {
    while (true) {
      var group = group(tag);
      var before = group.cells;
      if (before == Cells.GONE) {
        continue;
      }
      long now = clock.getAsLong();
      var after = before;
      for (var limit : limits) {
        after = after.with(limit, before.cell(limit, now).plus(amount, now));
      }
      if (commit(group, before, after, limits, 0)) {
        return remaining(after, limits, now);
      }
    }
  }

  Decision reserve(String tag, List<Limit> limits, long amount, Duration expiry) {
    while (true) {
      long now = clock.getAsLong();
      var seen = cells(tag);
      if (!fits(seen, limits, amount, now)) {
        return new Decision(false, 0, remaining(seen, limits, now));
      }
      var group = group(tag);
      var before = group.cells;
      if (before == Cells.GONE || (before != seen && !fits(before, limits, amount, now))) {
        continue;
      }
      long expires = now + expiry.toMillis();
      var stamps = new long[limits.size()];
      var after = before;
      for (int i = 0; i < stamps.length; i++) {
        var limit = limits.get(i);
        long until = until(limit, now, expires);
        var cell = before.cell(limit, now).plus(taken(limit, amount), until);
        stamps[i] = cell.stamp(until);
        after = after.with(limit, cell);
      }
      var made = new Reservation(tag, limits, stamps, amount, expires, new AtomicBoolean());
      if (commit(group, before, after, limits, made.bytes())) {
        long id = ids.incrementAndGet();
        reservations.put(id, made);
        return new Decision(true, id, remaining(after, limits, now));
      }
    }
  }

  private static boolean fits(Cells cells, List<Limit> limits, long amount, long now) {
    for (var limit : limits) {
      if (cells.cell(limit, now).remaining(limit.amount(), now) < taken(limit, amount)) {
        return false;
      }
    }
    return true;
  }

  /** Whatever the amount, a reservation holds one slot. */
  private static long taken(Limit limit, long amount) {
    return limit.window() instanceof Window.Concurrency ? 1 : amount;
  }

  private static long until(Limit limit, long now, long expires) {
    return limit.window() instanceof Window.Concurrency slots
        ? Cell.slotEnd(now, Math.min(expires, now + slots.expiry().toMillis()))
        : expires;
  }

  /**
   * Puts a change in force.
   *
   * @throws ServiceException LIMIT when there is no room for what is new
   */
  private boolean commit(Group group, Cells before, Cells after, List<Limit> limits, long further) {
    long more = further + added(before, after, limits);
    if (more > 0 && bytes.addAndGet(more) > maxBytes) {
      bytes.addAndGet(-more);
      throw new ServiceException(
          Reason.LIMIT,
          "counters: more than " + maxBytes + " bytes (limits.storeBytes); nothing was counted");
    }
    boolean done = group.change(before, after);
    if (!done && more > 0) {
      bytes.addAndGet(-more);
    }
    return done;
  }

  private static long added(Cells before, Cells after, List<Limit> limits) {
    long added = 0;
    if (after.size() > before.size()) {
      for (var limit : limits) {
        added += before.find(limit) == null ? Cells.Entry.bytes(limit.key()) : 0;
      }
    }
    return added;
  }

  List<Remaining> settle(long id, long amount) {
    var taken = close(id);
    while (true) {
      var group = group(taken.tag);
      var before = group.cells;
      if (before == Cells.GONE) {
        continue;
      }
      long now = clock.getAsLong();
      var after = before;
      for (int i = 0; i < taken.stamps.length; i++) {
        var limit = taken.limits.get(i);
        var cell = settled(before.cell(limit, now), limit, taken, taken.stamps[i], amount, now);
        if (cell != null) {
          after = after.with(limit, cell);
        }
      }
      // What is more than reserved must be counted, room or not.
      if (group.change(before, after)) {
        bytes.addAndGet(added(before, after, taken.limits));
        return remaining(after, taken.limits, now);
      }
    }
  }

  private static @Nullable Cell settled(
      Cell cell, Limit limit, Reservation taken, long stamp, long amount, long now) {
    if (limit.window() instanceof Window.Concurrency) {
      return cell.minus(1, stamp);
    }
    long less = taken.amount - amount;
    return less > 0 ? cell.minus(less, stamp) : less < 0 ? cell.plus(-less, now) : null;
  }

  /** Ends a reservation: only one caller can. */
  private Reservation close(long id) {
    var known = reservations.get(id);
    if (known == null
        || clock.getAsLong() >= known.expires
        || !known.over.compareAndSet(false, true)) {
      throw CounterArguments.notOpen(id);
    }
    forget(id, known);
    return known;
  }

  private void forget(long id, Reservation known) {
    if (reservations.remove(id, known)) {
      bytes.addAndGet(-known.bytes());
    }
  }

  /**
   * Throws away what counts no more: reservations that have expired, and counters that are empty.
   */
  void sweep() {
    long now = clock.getAsLong();
    reservations.forEach(
        (id, reservation) -> {
          if (now >= reservation.expires) {
            forget(id, reservation);
          }
        });
    groups.forEach((tag, group) -> sweep(tag, group, now));
  }

  private void sweep(String tag, Group group, long now) {
    var before = group.cells;
    if (before == Cells.GONE) {
      return;
    }
    var after = before.without(now);
    if (after == before && after.size() > 0) {
      return;
    }
    if (after.size() > 0) {
      if (group.change(before, after)) {
        bytes.addAndGet(after.bytes() - before.bytes());
      }
    } else if (group.change(before, Cells.GONE)) {
      groups.remove(tag, group);
      bytes.addAndGet(-before.bytes());
    }
  }

  /** Returns how many counters and reservations there are. */
  long items() {
    long items = reservations.size();
    for (var group : groups.values()) {
      var cells = group.cells;
      items += cells == Cells.GONE ? 0 : cells.size();
    }
    return items;
  }

  long bytes() {
    return bytes.get();
  }
}
