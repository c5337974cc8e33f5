package dev.sluice.providers.internal;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** Is how a key of a provider fares, over all loops and reloads. */
final class KeyState {
  final Breaker breaker = new Breaker();
  final AtomicInteger active = new AtomicInteger();
  final LongAdder calls = new LongAdder();
  final LongAdder rejected = new LongAdder();
  final LongAdder limited = new LongAdder();

  /** Takes one of the calls that it may have at once; false when there is none left. */
  boolean acquire(int concurrency) {
    if (active.incrementAndGet() > concurrency && concurrency > 0) {
      active.decrementAndGet();
      return false;
    }
    return true;
  }

  boolean isBusy(int concurrency) {
    return concurrency > 0 && active.get() >= concurrency;
  }

  void release() {
    active.decrementAndGet();
  }
}
