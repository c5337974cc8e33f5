package dev.sluice.control.internal;

import dev.sluice.plugin.host.Metrics;
import dev.sluice.proxy.PluginMetric;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.PrometheusNaming;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Shows the metrics that plugins define as {@code sluice_custom_NAME}, with the plugin as a label.
 * Names are free in the ABI: what Prometheus does not allow in one becomes an underscore, and where
 * two plugins define one name with different types the type is added to the later one.
 */
final class PluginMetricFamilies {
  private static final String PREFIX = "sluice_custom_";
  private static final String HELP = "Defined by plugins";

  private PluginMetricFamilies() {}

  static List<MetricSnapshot> of(List<PluginMetric> metrics) {
    Map<String, Metrics.Type> types = new LinkedHashMap<>();
    Map<String, Map<Labels, PluginMetric>> families = new LinkedHashMap<>();
    for (var metric : metrics) {
      var plain = metric.name().replaceAll("[^a-zA-Z0-9_:]", "_");
      var name = PrometheusNaming.sanitizeMetricName(PREFIX + plain);
      if (types.getOrDefault(name, metric.type()) != metric.type()) {
        name += "_" + metric.type().name().toLowerCase(Locale.ROOT);
      }
      types.put(name, metric.type());
      families
          .computeIfAbsent(name, n -> new LinkedHashMap<>())
          .putIfAbsent(Labels.of("plugin", metric.plugin()), metric);
    }
    var snapshots = new ArrayList<MetricSnapshot>();
    families.forEach(
        (name, points) ->
            snapshots.add(family(name, types.getOrDefault(name, Metrics.Type.GAUGE), points)));
    return snapshots;
  }

  private static MetricSnapshot family(
      String name, Metrics.Type type, Map<Labels, PluginMetric> points) {
    return switch (type) {
      case COUNTER -> {
        var counter = CounterSnapshot.builder().name(name).help(HELP);
        points.forEach(
            (labels, metric) ->
                counter.dataPoint(
                    CounterDataPointSnapshot.builder()
                        .labels(labels)
                        .value((double) metric.value())
                        .build()));
        yield counter.build();
      }
      case GAUGE -> {
        var gauge = GaugeSnapshot.builder().name(name).help(HELP);
        points.forEach(
            (labels, metric) ->
                gauge.dataPoint(
                    GaugeDataPointSnapshot.builder()
                        .labels(labels)
                        .value((double) metric.value())
                        .build()));
        yield gauge.build();
      }
      case HISTOGRAM -> {
        var histogram = HistogramSnapshot.builder().name(name).help(HELP);
        points.forEach(
            (labels, metric) ->
                histogram.dataPoint(
                    HistogramDataPointSnapshot.builder()
                        .labels(labels)
                        .sum((double) metric.sum())
                        .classicHistogramBuckets(buckets(metric.buckets()))
                        .build()));
        yield histogram.build();
      }
    };
  }

  /** Bucket i holds whole numbers up to 2^i - 1; the last ones that are empty are left out. */
  private static ClassicHistogramBuckets buckets(long[] counts) {
    int used = counts.length;
    while (used > 0 && counts[used - 1] == 0) {
      used--;
    }
    var buckets = ClassicHistogramBuckets.builder();
    for (int i = 0; i < used; i++) {
      buckets.bucket(Math.scalb(1.0, i) - 1, counts[i]);
    }
    return buckets.bucket(Double.POSITIVE_INFINITY, 0L).build();
  }
}
