package dev.sluice.control.internal;

import dev.sluice.proxy.ExchangeObserver;
import dev.sluice.proxy.ExchangeRecord;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts exchanges by route. Each loop has counters of its own, which only it writes, so recording
 * takes no lock and allocates nothing; a scrape adds them up and may be a moment behind. Guarded by
 * the benchmark {@code ExchangeBench}.
 */
final class ExchangeMetrics implements ExchangeObserver {
  /** Upper bounds of the duration histogram in seconds. */
  static final double[] BOUNDS = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60
  };

  private static final long[] BOUND_NANOS = nanos();
  private static final String NO_ROUTE = "";

  private final ConcurrentHashMap<String, Counts>[] loops;

  @SuppressWarnings({"unchecked", "rawtypes"})
  ExchangeMetrics(int loops) {
    this.loops = new ConcurrentHashMap[loops];
    for (int i = 0; i < loops; i++) {
      this.loops[i] = new ConcurrentHashMap<>();
    }
  }

  private static long[] nanos() {
    var nanos = new long[BOUNDS.length];
    for (int i = 0; i < nanos.length; i++) {
      nanos[i] = (long) (BOUNDS[i] * 1e9);
    }
    return nanos;
  }

  /** Is what one loop counted of one route, or the sum over loops. */
  static final class Counts {
    final long[] byClass = new long[6];
    final long[] byDuration = new long[BOUNDS.length + 1];
    final ConcurrentHashMap<String, long[]> byCode = new ConcurrentHashMap<>(4);
    double seconds;
    long requestBytes;
    long responseBytes;
    long retries;

    private void add(ExchangeRecord exchange) {
      int status = exchange.status();
      byClass[status < 100 || status > 599 ? 0 : status / 100]++;
      long nanos = exchange.durationNanos();
      int bucket = 0;
      while (bucket < BOUND_NANOS.length && nanos > BOUND_NANOS[bucket]) {
        bucket++;
      }
      byDuration[bucket]++;
      seconds += nanos / 1e9;
      requestBytes += exchange.requestBytes();
      responseBytes += exchange.responseBytes();
      retries += Math.max(0, exchange.attempts() - 1);
      var code = exchange.code();
      if (!code.isEmpty()) {
        var count = byCode.get(code);
        if (count == null) {
          count = new long[1];
          byCode.put(code, count);
        }
        count[0]++;
      }
    }

    private void add(Counts other) {
      for (int i = 0; i < byClass.length; i++) {
        byClass[i] += other.byClass[i];
      }
      for (int i = 0; i < byDuration.length; i++) {
        byDuration[i] += other.byDuration[i];
      }
      other.byCode.forEach(
          (code, count) -> byCode.computeIfAbsent(code, c -> new long[1])[0] += count[0]);
      seconds += other.seconds;
      requestBytes += other.requestBytes;
      responseBytes += other.responseBytes;
      retries += other.retries;
    }
  }

  @Override
  public void onEnd(ExchangeRecord exchange) {
    var route = exchange.route();
    var key = route == null ? NO_ROUTE : route;
    var counts = loops[exchange.loop()].get(key);
    if (counts == null) {
      counts = new Counts();
      loops[exchange.loop()].put(key, counts);
    }
    counts.add(exchange);
  }

  /** Returns the sums over all loops, by route; an empty name stands for no route. */
  Map<String, Counts> sums() {
    Map<String, Counts> sums = new TreeMap<>();
    for (var loop : loops) {
      loop.forEach((route, counts) -> sums.computeIfAbsent(route, r -> new Counts()).add(counts));
    }
    return sums;
  }
}
