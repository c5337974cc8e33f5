package dev.sluice.state.internal.redis;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Opens when calls fail one after another, so that the next ones need not wait for a timeout;
 * closes when a probe succeeds. Thread-safe.
 */
final class Breaker {
  private static final int FAILURES = 3;

  private final AtomicInteger failures = new AtomicInteger();
  private volatile boolean open;

  /** Returns whether calls may be made. */
  boolean isClosed() {
    return !open;
  }

  void succeeded() {
    failures.set(0);
  }

  /** Counts a failure and returns whether it opened the breaker. */
  boolean failed() {
    if (failures.incrementAndGet() < FAILURES || open) {
      return false;
    }
    open = true;
    return true;
  }

  /** Lets calls through again and returns whether none were. */
  boolean close() {
    boolean was = open;
    failures.set(0);
    open = false;
    return was;
  }
}
