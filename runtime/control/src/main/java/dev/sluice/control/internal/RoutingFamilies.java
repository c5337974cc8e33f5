package dev.sluice.control.internal;

import dev.sluice.providers.RoutingStatus;
import dev.sluice.providers.RoutingStatus.State;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** Makes metrics of how providers fare. */
final class RoutingFamilies {
  private RoutingFamilies() {}

  static List<MetricSnapshot> of(RoutingStatus status) {
    Function<RoutingStatus.Key, Labels> ofKey =
        key -> Labels.of("provider", key.provider(), "key", key.name());
    Function<RoutingStatus.Target, Labels> ofTarget =
        target -> Labels.of("provider", target.provider(), "model", target.model());
    Function<RoutingStatus.Canary, Labels> ofCanary =
        canary -> Labels.of("model", canary.model(), "canary", canary.name());
    Function<RoutingStatus.Choice, Labels> ofChoice =
        choice -> Labels.of("model", choice.model(), "choice", choice.name());
    return List.of(
        gauge(
            "sluice_provider_key_state",
            "0 in use, 1 cooling down for a model, 2 left out",
            status.keys(),
            ofKey,
            key -> number(key.state())),
        gauge(
            "sluice_provider_key_active",
            "Calls under way with a key",
            status.keys(),
            ofKey,
            RoutingStatus.Key::active),
        counter(
            "sluice_provider_key_calls",
            "Attempts with a key",
            status.keys(),
            ofKey,
            RoutingStatus.Key::calls),
        counter(
            "sluice_provider_key_rejected",
            "Attempts answered 401, 402 or 403",
            status.keys(),
            ofKey,
            RoutingStatus.Key::rejected),
        counter(
            "sluice_provider_key_limited",
            "Attempts answered 429",
            status.keys(),
            ofKey,
            RoutingStatus.Key::limited),
        gauge(
            "sluice_provider_target_out",
            "1 while a model of a provider is left out",
            status.targets(),
            ofTarget,
            target -> target.state() == State.OUT ? 1 : 0),
        gauge(
            "sluice_provider_target_active",
            "Calls under way at a model of a provider",
            status.targets(),
            ofTarget,
            RoutingStatus.Target::active),
        counter(
            "sluice_provider_target_attempts",
            "Attempts at a model of a provider",
            status.targets(),
            ofTarget,
            RoutingStatus.Target::attempts),
        counter(
            "sluice_provider_target_failures",
            "Attempts that failed by the fault of the provider",
            status.targets(),
            ofTarget,
            RoutingStatus.Target::failures),
        counter(
            "sluice_provider_target_ejections",
            "How often a model of a provider was left out",
            status.targets(),
            ofTarget,
            RoutingStatus.Target::ejections),
        gauge(
            "sluice_provider_target_latency_seconds",
            "Moving average to the first token",
            status.targets(),
            ofTarget,
            target -> target.latency().toNanos() / 1e9),
        gauge(
            "sluice_model_canary_rolled_back",
            "1 when a trial of other targets has ended by itself",
            status.canaries(),
            ofCanary,
            canary -> canary.rolledBack().isEmpty() ? 0 : 1),
        counter(
            "sluice_model_choice_calls",
            "Calls whose content a choice fits",
            status.choices(),
            ofChoice,
            RoutingStatus.Choice::calls));
  }

  private static int number(State state) {
    return switch (state) {
      case ACTIVE -> 0;
      case COOLING -> 1;
      case OUT -> 2;
    };
  }

  private static <T> GaugeSnapshot gauge(
      String name,
      String help,
      List<T> items,
      Function<T, Labels> labels,
      ToDoubleFunction<T> value) {
    var gauge = GaugeSnapshot.builder().name(name).help(help);
    for (var item : items) {
      gauge.dataPoint(
          GaugeDataPointSnapshot.builder()
              .labels(labels.apply(item))
              .value(value.applyAsDouble(item))
              .build());
    }
    return gauge.build();
  }

  private static <T> CounterSnapshot counter(
      String name,
      String help,
      List<T> items,
      Function<T, Labels> labels,
      ToDoubleFunction<T> value) {
    var counter = CounterSnapshot.builder().name(name).help(help);
    for (var item : items) {
      counter.dataPoint(
          CounterDataPointSnapshot.builder()
              .labels(labels.apply(item))
              .value(value.applyAsDouble(item))
              .build());
    }
    return counter.build();
  }
}
