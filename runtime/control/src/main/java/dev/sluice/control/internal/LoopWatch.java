package dev.sluice.control.internal;

import dev.sluice.http.Transport;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Watches whether event loops turn: each stamps the time twice a second. A loop that is late shows
 * in {@link #lag}, one that is stuck in {@link #isStuck}.
 */
final class LoopWatch {
  private static final Duration STUCK = Duration.ofSeconds(5);

  private static final long PERIOD_MILLIS = 500;

  private final Duration stuck;
  private final AtomicLongArray seen;
  private final AtomicLongArray lags;

  LoopWatch(Transport transport) {
    this(transport, STUCK);
  }

  /**
   * @param stuck past this a loop counts as stuck
   */
  LoopWatch(Transport transport, Duration stuck) {
    this.stuck = stuck;
    int loops = transport.loops().size();
    this.seen = new AtomicLongArray(loops);
    this.lags = new AtomicLongArray(loops);
    long now = System.nanoTime();
    for (int i = 0; i < loops; i++) {
      seen.set(i, now);
      int loop = i;
      transport
          .loops()
          .get(i)
          .scheduleAtFixedRate(
              () -> turn(loop), PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void turn(int loop) {
    long now = System.nanoTime();
    lags.set(
        loop, Math.max(0, now - seen.get(loop) - TimeUnit.MILLISECONDS.toNanos(PERIOD_MILLIS)));
    seen.set(loop, now);
  }

  int loops() {
    return seen.length();
  }

  /** Returns how late a loop was at its last turn, or is now. */
  Duration lag(int loop) {
    long late = System.nanoTime() - seen.get(loop) - TimeUnit.MILLISECONDS.toNanos(PERIOD_MILLIS);
    return Duration.ofNanos(Math.max(lags.get(loop), Math.max(0, late)));
  }

  /** Returns whether a loop has not turned for longer than the bound. */
  boolean isStuck() {
    for (int i = 0; i < seen.length(); i++) {
      if (System.nanoTime() - seen.get(i) > stuck.toNanos()) {
        return true;
      }
    }
    return false;
  }
}
