package dev.sluice.providers.internal;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * Keeps something out of use after failures, and lets one trial through when the time has passed:
 * its success brings it back, its failure doubles the time. A trial that is never heard of again
 * makes way for the next one after the same time. Used by all loops; without locks.
 */
final class Breaker {
  private static final Standing SOUND = new Standing(0, 0, false);
  private static final int MAX_DOUBLINGS = 20;

  private static final AtomicReferenceFieldUpdater<Breaker, Standing> STANDING =
      AtomicReferenceFieldUpdater.newUpdater(Breaker.class, Standing.class, "standing");

  private volatile Standing standing = SOUND;
  private final AtomicInteger failures = new AtomicInteger();

  /**
   * Says how it stands. Whoever begins to use it keeps what it saw and gives it back with the
   * outcome, so that what began before a change has no say in it: two are never equal.
   */
  static final class Standing {
    /** Monotonic nanoseconds. */
    private final long until;

    /** How many trials failed. */
    private final int round;

    /** Whether one is under way. */
    private final boolean trial;

    private Standing(long until, int round, boolean trial) {
      this.until = until;
      this.round = round;
      this.trial = trial;
    }
  }

  /**
   * Says when it goes out of use.
   *
   * @param threshold failures in a row; 0 for never
   */
  record Policy(int threshold, Duration first, Duration longest) {
    long nanos(int round) {
      long nanos = first.toNanos();
      for (int i = 0; i < Math.min(round, MAX_DOUBLINGS) && nanos < longest.toNanos(); i++) {
        nanos *= 2;
      }
      return Math.min(nanos, Math.max(longest.toNanos(), first.toNanos()));
    }
  }

  /** Returns whether it is in use. */
  boolean isSound() {
    return standing == SOUND;
  }

  /** Returns whether it may be used now: it is sound, or a trial is due. */
  boolean mayUse(long now) {
    var current = standing;
    return current == SOUND || now - current.until >= 0;
  }

  /** Returns nanoseconds until a trial is due; 0 when it may be used now. */
  long nanosLeft(long now) {
    var current = standing;
    return current == SOUND ? 0 : Math.max(0, current.until - now);
  }

  /**
   * Begins to use it.
   *
   * @return what to give back with the outcome; null when it may not be used
   */
  @Nullable Standing begin(long now, Policy policy) {
    var current = standing;
    if (current == SOUND) {
      return SOUND;
    }
    if (now - current.until < 0) {
      return null;
    }
    var trial = new Standing(now + policy.nanos(current.round), current.round, true);
    return STANDING.compareAndSet(this, current, trial) ? trial : null;
  }

  /** Begins to use it although it may be out of use, without a say in whether it stays so. */
  Standing beginAnyway(long now, Policy policy) {
    var begun = begin(now, policy);
    return begun == null ? new Standing(0, 0, false) : begun;
  }

  /** It did well. Returns whether that brings it back. */
  boolean succeeded(Standing begun) {
    if (failures.get() != 0) {
      failures.set(0);
    }
    return begun.trial && STANDING.compareAndSet(this, begun, SOUND);
  }

  /** It failed. Returns whether that puts it out of use. */
  boolean failed(Standing begun, long now, Policy policy) {
    if (policy.threshold == 0) {
      return false;
    }
    if (begun == SOUND && failures.incrementAndGet() < policy.threshold) {
      return false;
    }
    return out(begun, now, policy);
  }

  /** It failed in a way of which once is enough. Returns whether that puts it out of use. */
  boolean failedForGood(Standing begun, long now, Policy policy) {
    return out(begun, now, policy);
  }

  private boolean out(Standing begun, long now, Policy policy) {
    int round = begun.trial ? begun.round + 1 : 0;
    var next = new Standing(now + policy.nanos(round), round, false);
    if (!STANDING.compareAndSet(this, begun, next)) {
      return false;
    }
    failures.set(0);
    return true;
  }
}
