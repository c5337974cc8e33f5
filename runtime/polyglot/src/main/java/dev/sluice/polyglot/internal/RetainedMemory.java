package dev.sluice.polyglot.internal;

import org.jspecify.annotations.Nullable;

/**
 * Knows what one context keeps: measured when it has started, and again whenever it has allocated
 * enough since to have passed its limit several times over, so that measuring costs little next to
 * the allocation. Where GraalVM cannot measure it is what the start allocated. On the script
 * thread, but for {@link #bytes}.
 */
final class RetainedMemory {
  /** How often a script may allocate its whole limit before it is measured again. */
  private static final int LIMITS_BETWEEN = 4;

  private final ContextHeap.@Nullable Measure measure;
  private final long limit;
  private long allocated;
  private boolean starting = true;
  private volatile long bytes;

  /**
   * Creates it for a context that has not started.
   *
   * @param limit the bytes that it may keep
   */
  RetainedMemory(ContextHeap.@Nullable Measure measure, long limit) {
    this.measure = measure;
    this.limit = limit;
  }

  /** Counts what an entry into the context allocated. */
  void allocated(long count) {
    allocated += count;
    if (measure == null && starting) {
      bytes = allocated;
    }
  }

  boolean isStarting() {
    return starting;
  }

  /** Says that the context has started: what it allocates from now on is the script's. */
  void started() {
    starting = false;
    allocated = 0;
  }

  /** Returns whether it is time to measure again. */
  boolean isDue() {
    return measure != null && !starting && allocated >= limit * LIMITS_BETWEEN;
  }

  /**
   * Measures the context that this thread has entered.
   *
   * @return whether it keeps more than it may
   */
  boolean measure() {
    if (measure == null) {
      return false;
    }
    long found = measure.retainedBytes(limit);
    allocated = 0;
    bytes = found;
    return found > limit;
  }

  /** Returns the bytes found last. Any thread. */
  long bytes() {
    return bytes;
  }
}
