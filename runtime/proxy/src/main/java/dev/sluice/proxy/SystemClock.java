package dev.sluice.proxy;

import dev.sluice.plugin.host.Clock;

/** Tells the system's time: the wall clock is read once and continued with the monotonic one. */
public final class SystemClock implements Clock {
  /** How long the wall clock may drift from what it was continued with. */
  private static final long CHECK_NANOS = 1_000_000_000L;

  private record Base(long wall, long monotonic) {}

  private volatile Base base = read();

  private static Base read() {
    return new Base(System.currentTimeMillis() * 1_000_000L, System.nanoTime());
  }

  @Override
  public long wallNanos() {
    var from = base;
    long now = System.nanoTime();
    if (now - from.monotonic > CHECK_NANOS) {
      from = read();
      base = from;
      now = from.monotonic;
    }
    return from.wall + (now - from.monotonic);
  }

  @Override
  public long monotonicNanos() {
    return System.nanoTime();
  }
}
