package dev.sluice.control.internal;

import dev.sluice.plugin.engine.ServiceUsage;
import dev.sluice.proxy.ServiceMetric;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.List;
import java.util.Map;

/** Shows what the services of plugins do and what they keep. */
final class ServiceFamilies {
  private ServiceFamilies() {}

  /**
   * Returns the families.
   *
   * @param usage what services keep, by their capability
   */
  static List<MetricSnapshot> of(
      List<ServiceMetric> metrics, Map<String, List<ServiceUsage>> usage) {
    var calls = CounterSnapshot.builder().name("sluice_service_calls").help("Calls of services");
    var failures =
        CounterSnapshot.builder()
            .name("sluice_service_failures")
            .help("Calls of services that failed, by reason");
    var durations =
        HistogramSnapshot.builder()
            .name("sluice_service_duration_seconds")
            .help("From the call to its answer")
            .unit(Unit.SECONDS);
    for (var metric : metrics) {
      var labels =
          Labels.of(
              "plugin",
              metric.plugin(),
              "service",
              metric.service(),
              "operation",
              metric.operation());
      calls.dataPoint(
          CounterDataPointSnapshot.builder().labels(labels).value((double) metric.calls()).build());
      metric
          .failures()
          .forEach(
              (reason, n) ->
                  failures.dataPoint(
                      CounterDataPointSnapshot.builder()
                          .labels(labels.add("reason", reason))
                          .value((double) n)
                          .build()));
      durations.dataPoint(
          HistogramDataPointSnapshot.builder()
              .labels(labels)
              .sum(metric.seconds())
              .classicHistogramBuckets(buckets(metric.durations()))
              .build());
    }
    var items = GaugeSnapshot.builder().name("sluice_service_items").help("Things kept");
    var bytes = GaugeSnapshot.builder().name("sluice_service_bytes").help("Bytes they take, about");
    var evictions =
        CounterSnapshot.builder()
            .name("sluice_service_evictions")
            .help("Things that made room for others");
    usage.forEach(
        (service, owners) -> {
          for (var owner : owners) {
            var labels = Labels.of("service", service, "scope", owner.scope());
            items.dataPoint(gauge(labels, owner.items()));
            bytes.dataPoint(gauge(labels, owner.bytes()));
            evictions.dataPoint(
                CounterDataPointSnapshot.builder()
                    .labels(labels)
                    .value((double) owner.evictions())
                    .build());
          }
        });
    return List.of(
        calls.build(),
        failures.build(),
        durations.build(),
        items.build(),
        bytes.build(),
        evictions.build());
  }

  private static GaugeDataPointSnapshot gauge(Labels labels, long value) {
    return GaugeDataPointSnapshot.builder().labels(labels).value((double) value).build();
  }

  private static ClassicHistogramBuckets buckets(List<Long> counts) {
    var buckets = ClassicHistogramBuckets.builder();
    for (int i = 0; i < ServiceMetric.BOUNDS.size(); i++) {
      buckets.bucket(ServiceMetric.BOUNDS.get(i), counts.get(i));
    }
    return buckets.bucket(Double.POSITIVE_INFINITY, counts.getLast()).build();
  }
}
