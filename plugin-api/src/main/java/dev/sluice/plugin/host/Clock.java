package dev.sluice.plugin.host;

/** Tells the time. Tests drive it by hand. */
public interface Clock {
  /** Returns nanoseconds since 1970-01-01T00:00Z. */
  long wallNanos();

  /** Returns nanoseconds of a clock that never goes back; only differences mean anything. */
  long monotonicNanos();
}
