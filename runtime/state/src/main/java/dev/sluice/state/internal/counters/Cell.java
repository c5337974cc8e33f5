package dev.sluice.state.internal.counters;

import dev.sluice.plugin.host.Counters.Window;
import java.util.Arrays;

/**
 * Is the state of one counter. Immutable; times are milliseconds since 1970. A clock that steps
 * back does not bring an earlier window back: the counter waits until the time is its own again.
 */
sealed interface Cell {
  /** Amounts up to this are exact everywhere, in Redis' scripts too. */
  long MOST = 1L << 52;

  /** Returns the counter of a window in which nothing was counted. */
  static Cell fresh(Window window, long now) {
    return switch (window) {
      case Window.Fixed fixed -> {
        var span = Calendar.span(fixed, now);
        yield new Fixed(fixed, span.start(), span.end(), 0);
      }
      case Window.Sliding sliding -> {
        long length = sliding.length().toMillis();
        yield new Sliding(length, Math.floorDiv(now, length), 0, 0);
      }
      case Window.TokenBucket bucket -> new Bucket(bucket.perSecond(), 0, now);
      case Window.Concurrency slots -> new Slots(NONE, NONE);
    };
  }

  /** No numbers. */
  long[] NONE = {};

  /**
   * Returns when a slot frees itself: up to a 64th of its time later than asked for, so that many
   * slots end at the same moments and take little room.
   */
  static long slotEnd(long now, long until) {
    long step = Long.highestOneBit(Math.max(1, (until - now) / 64));
    return Math.ceilDiv(until, step) * step;
  }

  /** Returns the counter as it is at a time. */
  Cell at(long now);

  /** Returns how much of an amount is left, negative for debt. */
  long remaining(long amount, long now);

  /** Returns the counter with more used. */
  Cell plus(long amount, long until);

  /**
   * Returns the counter with some given back.
   *
   * @param stamp what {@link #stamp} was when it was taken: what has renewed itself since is not
   *     given back twice
   */
  Cell minus(long amount, long stamp);

  /** Returns where an amount that is taken now is counted. */
  long stamp(long until);

  /** Returns when it renews itself next, the same time when nothing is to be renewed. */
  long renews(long now);

  /** Returns from when on it is as if nothing had been counted. */
  long over();

  private static long sum(long one, long other) {
    return Math.min(MOST * 2, one + other);
  }

  /** Counts in a calendar unit. */
  record Fixed(Window.Fixed window, long start, long end, long used) implements Cell {
    @Override
    public Cell at(long now) {
      return now < end ? this : fresh(window, now);
    }

    @Override
    public long remaining(long amount, long now) {
      return amount - used;
    }

    @Override
    public Cell plus(long amount, long until) {
      return new Fixed(window, start, end, sum(used, amount));
    }

    @Override
    public Cell minus(long amount, long stamp) {
      return stamp == start ? new Fixed(window, start, end, Math.max(0, used - amount)) : this;
    }

    @Override
    public long stamp(long until) {
      return start;
    }

    @Override
    public long renews(long now) {
      return end;
    }

    @Override
    public long over() {
      return end;
    }
  }

  /**
   * Counts in two buckets; of the one before counts the part that the last {@code length} still
   * reaches into.
   */
  record Sliding(long length, long index, long used, long before) implements Cell {
    @Override
    public Cell at(long now) {
      if (now < (index + 1) * length) {
        return this;
      }
      long current = Math.floorDiv(now, length);
      return new Sliding(length, current, 0, current == index + 1 ? used : 0);
    }

    @Override
    public long remaining(long amount, long now) {
      if (before == 0) {
        return amount - used;
      }
      long elapsed = Math.clamp(now - index * length, 0, length);
      long counted = (long) Math.ceil(before * ((double) (length - elapsed) / length));
      return amount - used - counted;
    }

    @Override
    public Cell plus(long amount, long until) {
      return new Sliding(length, index, sum(used, amount), before);
    }

    @Override
    public Cell minus(long amount, long stamp) {
      if (stamp == index) {
        return new Sliding(length, index, Math.max(0, used - amount), before);
      }
      return stamp == index - 1
          ? new Sliding(length, index, used, Math.max(0, before - amount))
          : this;
    }

    @Override
    public long stamp(long until) {
      return index;
    }

    @Override
    public long renews(long now) {
      return (index + 1) * length;
    }

    @Override
    public long over() {
      return (index + (used > 0 ? 2 : 1)) * length;
    }
  }

  /** Counts what was used and has not been refilled, as of a time. */
  record Bucket(double perSecond, double used, long since) implements Cell {
    @Override
    public Cell at(long now) {
      return now <= since
          ? this
          : new Bucket(perSecond, Math.max(0, used - perSecond * (now - since) / 1000), now);
    }

    @Override
    public long remaining(long amount, long now) {
      return (long) Math.floor(amount - used + 1e-9);
    }

    @Override
    public Cell plus(long amount, long until) {
      return new Bucket(perSecond, Math.min(MOST * 2, used + amount), since);
    }

    @Override
    public Cell minus(long amount, long stamp) {
      return new Bucket(perSecond, Math.max(0, used - amount), since);
    }

    @Override
    public long stamp(long until) {
      return 0;
    }

    @Override
    public long renews(long now) {
      return over();
    }

    @Override
    public long over() {
      return since + (long) Math.min(MOST, Math.ceil(used * 1000 / perSecond));
    }
  }

  /**
   * Counts slots by the time at which they free themselves, rounded by {@link #slotEnd}.
   *
   * @param ends ascending
   * @param counts how many slots end at each, none of them 0
   */
  record Slots(long[] ends, long[] counts) implements Cell {
    @Override
    public Cell at(long now) {
      int gone = 0;
      while (gone < ends.length && ends[gone] <= now) {
        gone++;
      }
      return gone == 0
          ? this
          : new Slots(
              Arrays.copyOfRange(ends, gone, ends.length),
              Arrays.copyOfRange(counts, gone, counts.length));
    }

    @Override
    public long remaining(long amount, long now) {
      long used = 0;
      for (long count : counts) {
        used += count;
      }
      return amount - used;
    }

    @Override
    public Cell plus(long amount, long until) {
      int at = Arrays.binarySearch(ends, until);
      if (at >= 0) {
        return changed(at, amount);
      }
      at = -at - 1;
      return new Slots(inserted(ends, at, until), inserted(counts, at, amount));
    }

    private Slots changed(int at, long by) {
      long count = Math.max(0, counts[at] + by);
      if (count == 0) {
        return new Slots(removed(ends, at), removed(counts, at));
      }
      var next = counts.clone();
      next[at] = count;
      return new Slots(ends, next);
    }

    private static long[] removed(long[] array, int at) {
      var next = new long[array.length - 1];
      System.arraycopy(array, 0, next, 0, at);
      System.arraycopy(array, at + 1, next, at, next.length - at);
      return next;
    }

    private static long[] inserted(long[] array, int at, long value) {
      var next = new long[array.length + 1];
      System.arraycopy(array, 0, next, 0, at);
      next[at] = value;
      System.arraycopy(array, at, next, at + 1, array.length - at);
      return next;
    }

    @Override
    public Cell minus(long amount, long stamp) {
      int at = Arrays.binarySearch(ends, stamp);
      return at < 0 ? this : changed(at, -amount);
    }

    @Override
    public long stamp(long until) {
      return until;
    }

    @Override
    public long renews(long now) {
      return ends.length == 0 ? now : ends[0];
    }

    @Override
    public long over() {
      return ends.length == 0 ? 0 : ends[ends.length - 1];
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Slots slots
          && Arrays.equals(ends, slots.ends)
          && Arrays.equals(counts, slots.counts);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(ends) * 31 + Arrays.hashCode(counts);
    }

    @Override
    public String toString() {
      return "Slots[" + Arrays.toString(ends) + ", " + Arrays.toString(counts) + "]";
    }
  }
}
