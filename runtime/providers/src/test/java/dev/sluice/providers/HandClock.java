package dev.sluice.providers;

import dev.sluice.plugin.host.Clock;
import java.time.Duration;
import java.time.Instant;

/** Is a clock that stands until it is moved. */
public final class HandClock implements Clock {
  private long monotonic = 1_000_000_000_000L;
  private long wall = Instant.parse("2026-11-29T12:00:00Z").getEpochSecond() * 1_000_000_000L;

  /** Moves it on. */
  public void pass(Duration time) {
    monotonic += time.toNanos();
    wall += time.toNanos();
  }

  @Override
  public long wallNanos() {
    return wall;
  }

  @Override
  public long monotonicNanos() {
    return monotonic;
  }
}
