package dev.sluice.providers.internal;

import dev.sluice.providers.ModelCanary.Rollback;
import dev.sluice.proxy.TimeBuckets;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/** Is how a trial of other targets goes, over all loops and reloads. Without locks. */
final class CanaryState {
  private static final int QUANTILE = 95;

  private static final AtomicReferenceFieldUpdater<CanaryState, Window> WINDOW =
      AtomicReferenceFieldUpdater.newUpdater(CanaryState.class, Window.class, "window");

  private volatile Window window = new Window(0);
  private final AtomicBoolean rolledBack = new AtomicBoolean();
  private volatile String reason = "";

  /** Is what is counted of both sides since a moment. */
  private static final class Window {
    final long began;
    final Side canary = new Side();
    final Side stable = new Side();

    Window(long began) {
      this.began = began;
    }
  }

  /** Is what is counted of one side. */
  private static final class Side {
    final AtomicLong exchanges = new AtomicLong();
    final AtomicLong failures = new AtomicLong();
    final AtomicLongArray times = new AtomicLongArray(TimeBuckets.COUNT);

    void add(boolean failed, long nanos) {
      exchanges.incrementAndGet();
      if (failed) {
        failures.incrementAndGet();
      } else {
        times.incrementAndGet(TimeBuckets.bucket(nanos));
      }
    }

    double failureRate() {
      long all = exchanges.get();
      return all == 0 ? 0 : (double) failures.get() / all;
    }

    Duration quantile() {
      var counts = new long[TimeBuckets.COUNT];
      for (int i = 0; i < counts.length; i++) {
        counts[i] = times.get(i);
      }
      return TimeBuckets.quantile(counts, QUANTILE);
    }
  }

  boolean isRolledBack() {
    return rolledBack.get();
  }

  /** Returns why it was rolled back, or an empty string. */
  String reason() {
    return reason;
  }

  long exchanges(boolean canary) {
    var current = window;
    return (canary ? current.canary : current.stable).exchanges.get();
  }

  long failures(boolean canary) {
    var current = window;
    return (canary ? current.canary : current.stable).failures.get();
  }

  /**
   * A call has ended.
   *
   * @param onCanary on which side
   * @param nanos to its first token
   * @return why the trial ends now, or null when it does not
   */
  @Nullable String ended(
      boolean onCanary, boolean failed, long nanos, long now, @Nullable Rollback rollback) {
    var current = current(now, rollback);
    (onCanary ? current.canary : current.stable).add(failed, nanos);
    if (!onCanary || rollback == null) {
      return null;
    }
    var bad = judge(current, rollback);
    if (bad == null || !rolledBack.compareAndSet(false, true)) {
      return null;
    }
    reason = bad;
    return bad;
  }

  private Window current(long now, @Nullable Rollback rollback) {
    var current = window;
    if (current.began == 0
        && current.canary.exchanges.get() + current.stable.exchanges.get() == 0) {
      WINDOW.compareAndSet(this, current, new Window(now));
    } else if (rollback != null && now - current.began > rollback.window().toNanos()) {
      WINDOW.compareAndSet(this, current, new Window(now));
    }
    return window;
  }

  private static @Nullable String judge(Window window, Rollback rollback) {
    var canary = window.canary;
    var stable = window.stable;
    if (canary.exchanges.get() < rollback.exchanges()) {
      return null;
    }
    if (canary.failureRate() > stable.failureRate() + rollback.failureRate()) {
      return String.format(
          Locale.ROOT,
          "%.1f %% of %d calls failed, %.1f %% of %d of the others (rollback.failurePercent: %s)",
          canary.failureRate() * 100,
          canary.exchanges.get(),
          stable.failureRate() * 100,
          stable.exchanges.get(),
          rollback.failureRate() * 100);
    }
    if (rollback.latency().isZero() || stable.exchanges.get() < rollback.exchanges()) {
      return null; // too few to compare times with
    }
    var late = canary.quantile();
    var usual = stable.quantile();
    if (late.minus(usual).compareTo(rollback.latency()) <= 0) {
      return null;
    }
    return String.format(
        Locale.ROOT,
        "%d %% of the answers began within %d ms, within %d ms of the others'"
            + " (rollback.latency: %d ms)",
        QUANTILE,
        late.toMillis(),
        usual.toMillis(),
        rollback.latency().toMillis());
  }
}
