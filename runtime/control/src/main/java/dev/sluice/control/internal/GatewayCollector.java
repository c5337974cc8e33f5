package dev.sluice.control.internal;

import dev.sluice.proxy.PluginStatus.CallTime;
import io.netty.util.internal.PlatformDependent;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.Unit;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads the gateway's own figures when they are asked for. */
final class GatewayCollector implements MultiCollector {
  private static final String[] CLASSES = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

  private final Controller controller;
  private final ExchangeMetrics exchanges;
  private final ConnectionMetrics tcp;
  private final LoopWatch loops;
  private final UsageFamilies usage;
  private final @Nullable AccessLog accessLog;

  GatewayCollector(
      Controller controller,
      ExchangeMetrics exchanges,
      ConnectionMetrics tcp,
      LoopWatch loops,
      UsageFamilies usage,
      @Nullable AccessLog accessLog) {
    this.controller = controller;
    this.exchanges = exchanges;
    this.tcp = tcp;
    this.loops = loops;
    this.usage = usage;
    this.accessLog = accessLog;
  }

  @Override
  public MetricSnapshots collect() {
    var all = new ArrayList<MetricSnapshot>();
    exchanges(all);
    connections(all);
    proxy(all);
    plugins(all);
    canaries(all);
    process(all);
    all.addAll(RoutingFamilies.of(controller.routing()));
    all.addAll(AiMemoryFamilies.of(controller.aiMemory()));
    all.addAll(PluginMetricFamilies.of(controller.proxy().pluginMetrics()));
    all.addAll(ServiceFamilies.of(controller.proxy().serviceMetrics(), controller.serviceUsage()));
    all.addAll(usage.collect());
    return new MetricSnapshots(all);
  }

  private void exchanges(List<MetricSnapshot> all) {
    var requests = new Counter("sluice_requests", "Exchanges by route and class of status");
    var codes = new Counter("sluice_local_responses", "Answers of the gateway itself by code");
    var received = new Counter("sluice_request_bytes", "Octets of request bodies");
    var sent = new Counter("sluice_response_bytes", "Octets of response bodies");
    var retries = new Counter("sluice_retries", "Attempts after the first");
    var durations =
        HistogramSnapshot.builder()
            .name("sluice_request_duration_seconds")
            .help("From the request's first byte to the response's last")
            .unit(Unit.SECONDS);
    exchanges
        .sums()
        .forEach(
            (route, counts) -> {
              for (int i = 0; i < CLASSES.length; i++) {
                if (counts.byClass[i] > 0) {
                  requests.add(counts.byClass[i], "route", route, "status", CLASSES[i]);
                }
              }
              counts.byCode.forEach((code, n) -> codes.add(n[0], "route", route, "code", code));
              received.add(counts.requestBytes, "route", route);
              sent.add(counts.responseBytes, "route", route);
              retries.add(counts.retries, "route", route);
              durations.dataPoint(
                  HistogramDataPointSnapshot.builder()
                      .labels(Labels.of("route", route))
                      .sum(counts.seconds)
                      .classicHistogramBuckets(buckets(counts.byDuration))
                      .build());
            });
    all.add(requests.snapshot());
    all.add(codes.snapshot());
    all.add(received.snapshot());
    all.add(sent.snapshot());
    all.add(retries.snapshot());
    all.add(durations.build());
  }

  private void connections(List<MetricSnapshot> all) {
    var ended = new Counter("sluice_tcp_connections", "Ended connections by listener and code");
    var received = new Counter("sluice_tcp_received_bytes", "Octets from clients");
    var sent = new Counter("sluice_tcp_sent_bytes", "Octets to clients");
    tcp.sums()
        .forEach(
            (listener, counts) -> {
              counts.byCode.forEach(
                  (code, n) -> ended.add(n.sum(), "listener", listener, "code", code));
              received.add(counts.receivedBytes.sum(), "listener", listener);
              sent.add(counts.sentBytes.sum(), "listener", listener);
            });
    all.addAll(List.of(ended.snapshot(), received.snapshot(), sent.snapshot()));
  }

  private static ClassicHistogramBuckets buckets(long[] counts) {
    var buckets = ClassicHistogramBuckets.builder();
    for (int i = 0; i < ExchangeMetrics.BOUNDS.length; i++) {
      buckets.bucket(ExchangeMetrics.BOUNDS[i], counts[i]);
    }
    return buckets.bucket(Double.POSITIVE_INFINITY, counts[counts.length - 1]).build();
  }

  private static ClassicHistogramBuckets buckets(CallTime times) {
    var buckets = ClassicHistogramBuckets.builder();
    for (var bucket : times.buckets()) {
      boolean last = bucket.upTo().equals(ChronoUnit.FOREVER.getDuration());
      buckets.bucket(
          last ? Double.POSITIVE_INFINITY : bucket.upTo().toNanos() / 1e9, bucket.count());
    }
    return buckets.build();
  }

  private void proxy(List<MetricSnapshot> all) {
    var status = controller.proxy().status();
    all.add(new Gauge("sluice_active_exchanges", "Exchanges under way").with(status.active()));
    all.add(
        new Counter("sluice_dropped_callbacks", "Callbacks for streams that had ended")
            .with(status.dropped()));
    var connections = new Gauge("sluice_listener_connections", "Open client connections");
    controller.connections().forEach((name, n) -> connections.add(n, "listener", name));
    all.add(connections.snapshot());
    var active = new Gauge("sluice_upstream_active", "Attempts under way");
    var pending = new Gauge("sluice_upstream_pending", "Attempts that wait for a connection");
    var rejected =
        new Counter("sluice_upstream_rejected", "Attempts refused by the circuit breaker");
    var requests = new Counter("sluice_upstream_requests", "Attempts by endpoint");
    var failures = new Counter("sluice_upstream_failures", "Failed attempts by endpoint and kind");
    for (var upstream : status.upstreams()) {
      active.add(upstream.active(), "upstream", upstream.name());
      pending.add(upstream.pending(), "upstream", upstream.name());
      rejected.add(upstream.rejected(), "upstream", upstream.name());
      for (var endpoint : upstream.endpoints()) {
        var name = upstream.name();
        var address = endpoint.address();
        requests.add(endpoint.requests(), "upstream", name, "endpoint", address);
        failures.add(
            endpoint.connectFailures(), "upstream", name, "endpoint", address, "kind", "connect");
        failures.add(endpoint.failures(), "upstream", name, "endpoint", address, "kind", "reset");
      }
    }
    all.addAll(
        List.of(
            active.snapshot(),
            pending.snapshot(),
            rejected.snapshot(),
            requests.snapshot(),
            failures.snapshot()));
  }

  private void plugins(List<MetricSnapshot> all) {
    var calls = new Counter("sluice_plugin_calls", "Callbacks run");
    var failures = new Counter("sluice_plugin_failures", "Failed callbacks by kind");
    var memory = new Gauge("sluice_plugin_memory_bytes", "Guest memory of all VMs");
    var vms = new Gauge("sluice_plugin_vms", "VMs alive");
    var generations = new Gauge("sluice_plugin_generations", "Generations alive");
    var contexts = new Gauge("sluice_plugin_contexts", "Stream contexts alive");
    var load = new Gauge("sluice_plugin_load_seconds", "Time to read and compile the module");
    var time =
        HistogramSnapshot.builder()
            .name("sluice_plugin_call_seconds")
            .help("Time of one callback; one in 16 is measured")
            .unit(Unit.SECONDS);
    for (var plugin : controller.proxy().status().plugins()) {
      var name = plugin.name();
      calls.add(plugin.calls(), "plugin", name);
      plugin.failures().forEach((kind, n) -> failures.add(n, "plugin", name, "kind", kind));
      memory.add(plugin.memoryBytes(), "plugin", name);
      vms.add(plugin.vms(), "plugin", name);
      generations.add(plugin.generations().size(), "plugin", name);
      contexts.add(plugin.contexts(), "plugin", name);
      load.addSeconds(plugin.loadTime().toNanos() / 1e9, "plugin", name);
      time.dataPoint(
          HistogramDataPointSnapshot.builder()
              .labels(Labels.of("plugin", name))
              .sum(plugin.callTime().sum().toNanos() / 1e9)
              .classicHistogramBuckets(buckets(plugin.callTime()))
              .build());
    }
    all.addAll(
        List.of(
            calls.snapshot(),
            failures.snapshot(),
            memory.snapshot(),
            vms.snapshot(),
            generations.snapshot(),
            contexts.snapshot(),
            load.snapshot(),
            time.build()));
  }

  private void canaries(List<MetricSnapshot> all) {
    var exchanges =
        new Counter("sluice_plugin_canary_exchanges", "Exchanges while two versions serve");
    var failures =
        new Counter("sluice_plugin_canary_failures", "Failed exchanges while two versions serve");
    for (var status : controller.proxy().canaries()) {
      Map.of("canary", status.canary(), "stable", status.stable())
          .forEach(
              (version, counts) -> {
                exchanges.add(counts.exchanges(), "plugin", status.plugin(), "version", version);
                failures.add(counts.failures(), "plugin", status.plugin(), "version", version);
              });
    }
    var rollbacks =
        new Counter("sluice_plugin_canary_rollbacks", "New versions taken back from their share");
    controller.rolloutChanges().rolledBack().forEach((p, n) -> rollbacks.add(n, "plugin", p));
    all.addAll(List.of(exchanges.snapshot(), failures.snapshot(), rollbacks.snapshot()));
  }

  private void process(List<MetricSnapshot> all) {
    var reloads = new Counter("sluice_config_reloads", "Configurations by outcome");
    reloads.add(controller.succeeded(), "outcome", "success");
    reloads.add(controller.failed(), "outcome", "failure");
    all.add(reloads.snapshot());
    all.add(
        new Gauge("sluice_config_last_reload_successful", "Whether the last change came into force")
            .with(controller.rejected().isEmpty() ? 1 : 0));
    var applied = controller.applied();
    all.add(
        new Gauge("sluice_config_last_success_seconds", "When the configuration came into force")
            .with(applied == null ? 0 : applied.since().getEpochSecond()));
    var lag = new Gauge("sluice_loop_lag_seconds", "How late an event loop is");
    for (int i = 0; i < loops.loops(); i++) {
      lag.addSeconds(loops.lag(i).toNanos() / 1e9, "loop", String.valueOf(i));
    }
    all.add(lag.snapshot());
    all.add(
        new Gauge("sluice_netty_direct_bytes", "Direct memory of the network buffers")
            .with(PlatformDependent.usedDirectMemory()));
    all.add(
        new Counter("sluice_access_log_dropped", "Access log lines dropped")
            .with(accessLog == null ? 0 : accessLog.dropped()));
  }

  /** Collects the points of a counter; the same labels twice are one point. */
  private static final class Counter {
    private final CounterSnapshot.Builder builder;
    private final Map<Labels, Double> points = new TreeMap<>();

    Counter(String name, String help) {
      this.builder = CounterSnapshot.builder().name(name).help(help);
    }

    void add(long value, String... labels) {
      points.merge(Labels.of(labels), (double) value, Double::sum);
    }

    CounterSnapshot with(long value) {
      add(value);
      return snapshot();
    }

    CounterSnapshot snapshot() {
      points.forEach(
          (labels, value) ->
              builder.dataPoint(
                  CounterDataPointSnapshot.builder().labels(labels).value(value).build()));
      return builder.build();
    }
  }

  /** Collects the points of a gauge; the same labels twice are one point. */
  private static final class Gauge {
    private final GaugeSnapshot.Builder builder;
    private final Map<Labels, Double> points = new TreeMap<>();

    Gauge(String name, String help) {
      this.builder = GaugeSnapshot.builder().name(name).help(help);
    }

    void add(long value, String... labels) {
      points.merge(Labels.of(labels), (double) value, Double::sum);
    }

    void addSeconds(double seconds, String... labels) {
      points.put(Labels.of(labels), seconds);
    }

    GaugeSnapshot with(long value) {
      add(value);
      return snapshot();
    }

    GaugeSnapshot snapshot() {
      points.forEach(
          (labels, value) ->
              builder.dataPoint(
                  GaugeDataPointSnapshot.builder().labels(labels).value(value).build()));
      return builder.build();
    }
  }
}
