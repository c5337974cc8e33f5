package dev.sluice.plugin.host;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Counts against limits, exactly, over all gateways that share the state store. */
public interface Counters {
  /** Says how a limit renews itself. */
  sealed interface Window {
    /** A calendar unit ({@code second, minute, hour, day, week, month}) in a time zone. */
    record Fixed(String unit, String zone) implements Window {}

    /** The last {@code length}, by two weighted buckets. */
    record Sliding(Duration length) implements Window {}

    /** A bucket of the limit's size, refilled with {@code perSecond} tokens. */
    record TokenBucket(double perSecond) implements Window {}

    /** Slots in use at the same time; a slot frees itself after {@code expiry}. */
    record Concurrency(Duration expiry) implements Window {}
  }

  /**
   * Is one limit.
   *
   * @param key names the counter; limits taken together share a key's {@code {tag}}
   * @param amount what the window allows
   */
  record Limit(String key, Window window, long amount) {}

  /** Is the state of one limit: what is left (negative: debt) and when it renews. */
  record Remaining(Limit limit, long remaining, Instant resetsAt) {}

  /**
   * Is a decision over several limits, taken for all or none.
   *
   * @param reservation to settle or release; 0 when not granted
   */
  record Decision(boolean granted, long reservation, List<Remaining> remaining) {}

  /** Adds to counters whatever their limits say, and answers what is left. */
  void add(List<Limit> limits, long amount, Completion<List<Remaining>> completion);

  /**
   * Reserves an amount on all limits or on none. A reservation not settled by its expiry is charged
   * in full.
   */
  void reserve(List<Limit> limits, long amount, Duration expiry, Completion<Decision> completion);

  /** Settles a reservation with what was really used: less is given back, more becomes debt. */
  void settle(long reservation, long amount, Completion<List<Remaining>> completion);

  /** Gives a reservation back whole. */
  void release(long reservation, Completion<List<Remaining>> completion);

  /** Reads without counting. */
  void peek(List<Limit> limits, Completion<List<Remaining>> completion);
}
