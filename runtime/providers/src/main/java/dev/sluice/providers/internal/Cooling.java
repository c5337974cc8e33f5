package dev.sluice.providers.internal;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Keeps a key from a model for which it has used up what it may: limits are counted for each model.
 * Used by all loops.
 */
final class Cooling {
  /** Monotonic nanoseconds; 0 for never. */
  private final AtomicLong until = new AtomicLong();

  void until(long nanos) {
    long at = nanos == 0 ? 1 : nanos;
    until.accumulateAndGet(at, (old, next) -> old == 0 || next - old > 0 ? next : old);
  }

  long nanosLeft(long now) {
    long at = until.get();
    return at == 0 ? 0 : Math.max(0, at - now);
  }
}
