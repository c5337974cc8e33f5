package dev.sluice.state.internal.counters;

import dev.sluice.plugin.host.Counters.Decision;
import dev.sluice.plugin.host.Counters.Limit;
import dev.sluice.plugin.host.Counters.Remaining;
import dev.sluice.plugin.host.Counters.Window;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.LongSupplier;

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
      String tag, Group group, List<Limit> limits, long[] stamps, long amount, long expires) {
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
    return new Draft(cells(tag), limits, clock.getAsLong()).remaining();
  }

  List<Remaining> add(String tag, List<Limit> limits, long amount) {
    while (true) {
      var group = group(tag);
      var before = group.cells;
      if (before == Cells.GONE) {
        continue;
      }
      long now = clock.getAsLong();
      var draft = new Draft(before, limits, now);
      for (int i = 0; i < limits.size(); i++) {
        draft.set(i, draft.cell(i).plus(amount, now));
      }
      if (commit(group, before, draft, 0)) {
        return draft.remaining();
      }
    }
  }

  Decision reserve(String tag, List<Limit> limits, long amount, Duration expiry) {
    while (true) {
      long now = clock.getAsLong();
      var known = groups.get(tag);
      var seen = known == null ? Cells.EMPTY : known.cells;
      if (seen == Cells.GONE) {
        continue;
      }
      var draft = new Draft(seen, limits, now);
      if (!fits(draft, limits, amount, now)) {
        return new Decision(false, 0, draft.remaining());
      }
      var group = known == null ? group(tag) : known;
      long expires = now + expiry.toMillis();
      var stamps = new long[limits.size()];
      for (int i = 0; i < stamps.length; i++) {
        var limit = limits.get(i);
        long until = until(limit, now, expires);
        var cell = draft.cell(i).plus(taken(limit, amount), until);
        stamps[i] = cell.stamp(until);
        draft.set(i, cell);
      }
      var made = new Reservation(tag, group, limits, stamps, amount, expires);
      if (commit(group, seen, draft, made.bytes())) {
        long id = ids.incrementAndGet();
        reservations.put(id, made);
        return new Decision(true, id, draft.remaining());
      }
    }
  }

  private static boolean fits(Draft draft, List<Limit> limits, long amount, long now) {
    for (int i = 0; i < limits.size(); i++) {
      var limit = limits.get(i);
      if (draft.cell(i).remaining(limit.amount(), now) < taken(limit, amount)) {
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
  private boolean commit(Group group, Cells before, Draft draft, long further) {
    long more = further + draft.added();
    if (more > 0 && bytes.addAndGet(more) > maxBytes) {
      bytes.addAndGet(-more);
      throw new ServiceException(
          Reason.LIMIT,
          "counters: more than " + maxBytes + " bytes (limits.storeBytes); nothing was counted");
    }
    boolean done = group.change(before, draft.after());
    if (!done && more > 0) {
      bytes.addAndGet(-more);
    }
    return done;
  }

  List<Remaining> settle(long id, long amount) {
    long now = clock.getAsLong();
    var taken = close(id, now);
    var group = taken.group;
    while (true) {
      var before = group.cells;
      if (before == Cells.GONE) {
        group = group(taken.tag);
        continue;
      }
      var draft = new Draft(before, taken.limits, now);
      for (int i = 0; i < taken.stamps.length; i++) {
        settle(draft, i, taken, amount, now);
      }
      // What is more than reserved must be counted, room or not.
      if (group.change(before, draft.after())) {
        long added = draft.added();
        if (added > 0) {
          bytes.addAndGet(added);
        }
        return draft.remaining();
      }
    }
  }

  private static void settle(Draft draft, int number, Reservation taken, long amount, long now) {
    var cell = draft.cell(number);
    long stamp = taken.stamps[number];
    long less = taken.amount - amount;
    if (taken.limits.get(number).window() instanceof Window.Concurrency) {
      draft.set(number, cell.minus(1, stamp));
    } else if (less > 0) {
      draft.set(number, cell.minus(less, stamp));
    } else if (less < 0) {
      draft.set(number, cell.plus(-less, now));
    }
  }

  /** Ends a reservation: only one caller can, the one that takes it out. */
  private Reservation close(long id, long now) {
    var known = reservations.get(id);
    if (known == null || now >= known.expires || !forget(id, known)) {
      throw CounterArguments.notOpen(id);
    }
    return known;
  }

  private boolean forget(long id, Reservation known) {
    boolean forgotten = reservations.remove(id, known);
    if (forgotten) {
      bytes.addAndGet(-known.bytes());
    }
    return forgotten;
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
