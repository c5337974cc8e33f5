package dev.sluice.proxy.internal.exchange;

import dev.sluice.plugin.Headers;
import dev.sluice.proxy.CanarySpec;
import dev.sluice.proxy.CanaryStatus;
import dev.sluice.proxy.ExchangeRecord;
import dev.sluice.proxy.GatewayError;
import dev.sluice.proxy.TimeBuckets;
import dev.sluice.proxy.internal.upstream.LoopCells;
import dev.sluice.proxy.route.Condition;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Decides which exchanges get the new version of a plugin, and counts how both versions fare. One
 * serves all routes of a snapshot. Decides and counts on loops, may be stopped from any thread.
 */
public final class CanarySplit {
  private static final int EXCHANGES = 0;
  private static final int FAILURES = 1;
  private static final int TIMES = 2;
  private static final int KINDS = TIMES + TimeBuckets.COUNT;

  private final CanarySpec spec;
  private final @Nullable Condition header;
  private final Arm canary;
  private final Arm stable;
  private volatile boolean stopped;

  /** Is what the two versions count, for as long as the rollout goes on. */
  public record Cells(LoopCells canary, LoopCells stable) {
    /** Returns zero counts. */
    public static Cells of(int loops) {
      return new Cells(new LoopCells(loops, KINDS), new LoopCells(loops, KINDS));
    }
  }

  /** Is one of the two versions. */
  public static final class Arm {
    private final CanarySplit split;
    private final LoopCells cells;

    private Arm(CanarySplit split, LoopCells cells) {
      this.split = split;
      this.cells = cells;
    }

    CanarySplit split() {
      return split;
    }

    /** An exchange with it has ended. */
    void ended(int loop, boolean pluginFailed, ExchangeRecord exchange, long nanos) {
      var error = exchange.error();
      boolean failed = pluginFailed || exchange.status() >= 500;
      if (error != null && exchange.status() == 0) {
        failed |= error.who() != GatewayError.Party.CLIENT;
      }
      if (failed || !GatewayError.CLIENT_GONE.code().equals(exchange.code())) {
        count(loop, failed);
        cells.add(loop, TIMES + TimeBuckets.bucket(nanos), 1);
      }
    }

    /** A connection with it has ended. */
    public void count(int loop, boolean failed) {
      cells.add(loop, EXCHANGES, 1);
      if (failed) {
        cells.add(loop, FAILURES, 1);
      }
    }

    private CanaryStatus.Counts counts() {
      var times = new ArrayList<Long>(TimeBuckets.COUNT);
      for (int i = 0; i < TimeBuckets.COUNT; i++) {
        times.add(cells.sum(TIMES + i));
      }
      return new CanaryStatus.Counts(cells.sum(EXCHANGES), cells.sum(FAILURES), times);
    }
  }

  /** Creates a split that goes on counting. */
  public CanarySplit(CanarySpec spec, Cells cells) {
    this.spec = spec;
    header = spec.header() == null ? null : new Condition(spec.header());
    canary = new Arm(this, cells.canary());
    stable = new Arm(this, cells.stable());
  }

  /** Returns the new version. */
  public Arm canary() {
    return canary;
  }

  /** Returns the version before. */
  public Arm stable() {
    return stable;
  }

  /** Returns whether an exchange gets the new version; on its loop. */
  boolean takes(@Nullable Headers request, LoopState loop) {
    if (stopped) {
      return false;
    }
    if (header != null && request != null && header.holdsForHeader(request)) {
      return true;
    }
    return loop.random() % CanarySpec.ALL < spec.share();
  }

  /** Gives the new version to no exchange any more. */
  public void stop() {
    stopped = true;
  }

  /** Returns the counts. */
  public CanaryStatus status() {
    return new CanaryStatus(spec.stable().name(), spec.rollout(), canary.counts(), stable.counts());
  }
}
