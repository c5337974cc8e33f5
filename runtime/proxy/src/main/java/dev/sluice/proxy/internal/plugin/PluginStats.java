package dev.sluice.proxy.internal.plugin;

import dev.sluice.plugin.PluginException;
import dev.sluice.proxy.PluginStatus;
import dev.sluice.proxy.PluginStatus.CallTime;
import dev.sluice.proxy.PluginStatus.CallTime.Bucket;
import dev.sluice.proxy.TimeBuckets;
import dev.sluice.proxy.internal.upstream.LoopCells;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counts what a plugin does, over all its generations. Cells belong to their loops. */
final class PluginStats {
  private static final int CALLS = 0;
  private static final int FAILURES = 1;
  private static final int KINDS = PluginException.Kind.values().length;
  private static final int SUM = FAILURES + KINDS;
  private static final int TIMES = SUM + 1;

  private static final int BUCKETS = TimeBuckets.COUNT;

  /** How many of those make one that is shown: bounds are 4^n ns, from 256 ns to 17 s. */
  private static final int SHOWN = 8;

  private static final int FIRST_SHOWN = TimeBuckets.bucket(256);
  private static final int LAST_SHOWN = TimeBuckets.bucket(1L << 34);

  /** One callback in this many is measured: the clock costs as much as a small callback. */
  private static final int SAMPLING = 16;

  private final LoopCells cells;
  private PluginStatus.@Nullable State state;
  private Instant since = Instant.now();

  PluginStats(int loops) {
    cells = new LoopCells(loops, TIMES + BUCKETS);
  }

  boolean called(int loop) {
    cells.add(loop, CALLS, 1);
    return cells.get(loop, CALLS) % SAMPLING == 0;
  }

  void took(int loop, long nanos) {
    cells.add(loop, TIMES + TimeBuckets.bucket(nanos), 1);
    cells.add(loop, SUM, nanos);
  }

  void failed(int loop, PluginException.Kind kind) {
    cells.add(loop, cell(kind), 1);
  }

  @SuppressWarnings("EnumOrdinal") // lives as long as the process only
  private static int cell(PluginException.Kind kind) {
    return FAILURES + kind.ordinal();
  }

  long calls() {
    return cells.sum(CALLS);
  }

  Map<String, Long> failures() {
    var failures = new LinkedHashMap<String, Long>();
    for (var kind : PluginException.Kind.values()) {
      long count = cells.sum(cell(kind));
      if (count > 0) {
        failures.put(kind.name().toLowerCase(Locale.ROOT), count);
      }
    }
    return failures;
  }

  /** Returns since when the plugin is in a state, which is the one just seen. */
  synchronized Instant since(PluginStatus.State seen) {
    if (state != seen) {
      state = seen;
      since = Instant.now();
    }
    return since;
  }

  CallTime callTime() {
    var counts = new long[BUCKETS];
    for (int i = 0; i < BUCKETS; i++) {
      counts[i] = cells.sum(TIMES + i);
    }
    return new CallTime(
        TimeBuckets.quantile(counts, 50),
        TimeBuckets.quantile(counts, 99),
        Duration.ofNanos(cells.sum(SUM)),
        shown(counts));
  }

  private static List<Bucket> shown(long[] counts) {
    var shown = new ArrayList<Bucket>();
    int next = 0;
    for (int bound = FIRST_SHOWN; bound <= LAST_SHOWN; bound += SHOWN) {
      long count = 0;
      while (next < bound) {
        count += counts[next++];
      }
      shown.add(new Bucket(Duration.ofNanos(TimeBuckets.upperBound(bound - 1) + 1), count));
    }
    long longer = 0;
    while (next < counts.length) {
      longer += counts[next++];
    }
    shown.add(new Bucket(ChronoUnit.FOREVER.getDuration(), longer));
    return shown;
  }
}
