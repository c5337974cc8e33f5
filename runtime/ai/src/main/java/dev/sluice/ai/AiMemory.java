package dev.sluice.ai;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Bounds what all LLM exchanges together hold of requests and answers ({@code aiMemory}): bytes as
 * they came, those of requests from their arrival to the end of their exchange, those of answers
 * until they are handed on. Thread-safe; never waits.
 */
public final class AiMemory {
  private final AtomicLong held = new AtomicLong();
  private final LongAdder refused = new LongAdder();
  private volatile long limit;

  /**
   * Creates a memory of which nothing is taken.
   *
   * @param limit bytes
   */
  public AiMemory(long limit) {
    this.limit = limit;
  }

  /** Returns a memory without a limit, for one route alone. */
  public static AiMemory unbounded() {
    return new AiMemory(Long.MAX_VALUE);
  }

  /** Sets how many bytes there are from now on; what is taken stays taken. */
  public void limit(long bytes) {
    limit = bytes;
  }

  /** Returns how many bytes there are. */
  public long limit() {
    return limit;
  }

  /** Takes bytes; false when there are not so many left. */
  public boolean take(long bytes) {
    if (held.addAndGet(bytes) > limit) {
      held.addAndGet(-bytes);
      refused.increment();
      return false;
    }
    return true;
  }

  /** Gives bytes back that were taken. */
  public void give(long bytes) {
    held.addAndGet(-bytes);
  }

  /** Returns how many bytes are taken. */
  public long held() {
    return held.get();
  }

  /** Returns how often there were not enough. */
  public long refused() {
    return refused.sum();
  }
}
