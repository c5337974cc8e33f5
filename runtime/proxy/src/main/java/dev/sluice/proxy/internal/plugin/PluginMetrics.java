package dev.sluice.proxy.internal.plugin;

import dev.sluice.plugin.host.Metrics;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.proxy.PluginMetric;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** Keeps the metrics of one plugin, over all its instances and generations. Thread-safe. */
final class PluginMetrics implements Metrics {
  /** One bucket for each power of two. */
  private static final int BUCKETS = 64;

  private final String plugin;
  private final int most;
  private final Map<String, Integer> byName = new HashMap<>();
  private final List<Metric> metrics = new CopyOnWriteArrayList<>();

  /** Is one metric; what it counts depends on its type. */
  private static final class Metric {
    final Type type;
    final String name;

    /** A counter, or the number of values in a histogram. */
    final LongAdder count = new LongAdder();

    /** A gauge, or the sum of the values in a histogram. */
    final AtomicLong value = new AtomicLong();

    final AtomicLongArray buckets;

    Metric(Type type, String name) {
      this.type = type;
      this.name = name;
      buckets = new AtomicLongArray(type == Type.HISTOGRAM ? BUCKETS : 0);
    }
  }

  PluginMetrics(String plugin, int most) {
    this.plugin = plugin;
    this.most = most;
  }

  @Override
  public synchronized int define(Type type, String name) {
    var known = byName.get(name);
    if (known != null) {
      var metric = metrics.get(known - 1);
      if (metric.type != type) {
        throw new ServiceException(
            Reason.BAD_ARGUMENT,
            "metric " + name + ": " + type + " (expected: " + metric.type + ", as defined before)");
      }
      return known;
    }
    if (metrics.size() >= most) {
      throw new ServiceException(
          Reason.LIMIT,
          "metric " + name + ": one too many (expected: at most " + most + ", limits.metrics)");
    }
    metrics.add(new Metric(type, name));
    byName.put(name, metrics.size());
    return metrics.size();
  }

  private Metric metric(int id) {
    if (id < 1 || id > metrics.size()) {
      throw new ServiceException(
          Reason.NOT_FOUND, "metric id: " + id + " (expected: 1.." + metrics.size() + ")");
    }
    return metrics.get(id - 1);
  }

  @Override
  public void increment(int id, long delta) {
    var metric = metric(id);
    switch (metric.type) {
      case COUNTER -> {
        if (delta < 0) {
          throw new ServiceException(
              Reason.BAD_ARGUMENT,
              "delta of counter " + metric.name + ": " + delta + " (expected: 0 or more)");
        }
        metric.count.add(delta);
      }
      case GAUGE -> metric.value.addAndGet(delta);
      case HISTOGRAM -> throw wrongType(metric, "increment");
    }
  }

  @Override
  public void record(int id, long value) {
    var metric = metric(id);
    switch (metric.type) {
      case COUNTER -> throw wrongType(metric, "record");
      case GAUGE -> metric.value.set(value);
      case HISTOGRAM -> {
        metric.count.increment();
        metric.value.addAndGet(value);
        int bucket = value <= 0 ? 0 : 64 - Long.numberOfLeadingZeros(value);
        metric.buckets.incrementAndGet(Math.min(bucket, BUCKETS - 1));
      }
    }
  }

  @Override
  public long get(int id) {
    var metric = metric(id);
    return switch (metric.type) {
      case COUNTER -> metric.count.sum();
      case GAUGE -> metric.value.get();
      case HISTOGRAM -> throw wrongType(metric, "get");
    };
  }

  private static ServiceException wrongType(Metric metric, String operation) {
    return new ServiceException(
        Reason.BAD_ARGUMENT, operation + " of " + metric.name + ", which is a " + metric.type);
  }

  /** Returns the values. */
  List<PluginMetric> values() {
    return metrics.stream().map(this::value).toList();
  }

  private PluginMetric value(Metric metric) {
    var buckets = new long[metric.buckets.length()];
    for (int i = 0; i < buckets.length; i++) {
      buckets[i] = metric.buckets.get(i);
    }
    boolean gauge = metric.type == Type.GAUGE;
    return new PluginMetric(
        plugin,
        metric.name,
        metric.type,
        gauge ? metric.value.get() : metric.count.sum(),
        gauge ? 0 : metric.value.get(),
        buckets);
  }
}
