package dev.sluice.identity.internal;

import dev.sluice.plugin.host.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/** Is a clock that a test drives. */
final class HandClock implements Clock {
  private static final long START = 1_800_000_000L;

  private final AtomicLong nanos = new AtomicLong();

  void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  Instant now() {
    return Instant.ofEpochSecond(START).plusNanos(nanos.get());
  }

  @Override
  public long wallNanos() {
    return START * 1_000_000_000L + nanos.get();
  }

  @Override
  public long monotonicNanos() {
    return nanos.get();
  }
}
