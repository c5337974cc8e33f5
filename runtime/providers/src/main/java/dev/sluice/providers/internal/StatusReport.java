package dev.sluice.providers.internal;

import dev.sluice.providers.RoutingStatus;
import dev.sluice.providers.RoutingStatus.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.stream.Stream;

/** Reads how the parts of a configuration fare. */
final class StatusReport {
  private final long now;
  private final IdentityHashMap<TargetState, LiveTarget> targets = new IdentityHashMap<>();
  private final List<LiveTarget> inOrder = new ArrayList<>();

  private StatusReport(long now) {
    this.now = now;
  }

  static RoutingStatus of(Collection<LiveProvider> providers, List<LiveModel> models, long now) {
    var report = new StatusReport(now);
    models.forEach(report::collect);
    var keys = new ArrayList<RoutingStatus.Key>();
    for (var provider : providers) {
      for (int i = 0; i < provider.keys.length; i++) {
        keys.add(report.key(provider, i));
      }
    }
    var canaries =
        models.stream()
            .flatMap(model -> Stream.of(model.canaries()))
            .map(StatusReport::canary)
            .toList();
    var choices =
        models.stream()
            .flatMap(model -> Stream.of(model.choices()))
            .map(one -> new RoutingStatus.Choice(one.model, one.spec.name(), one.state.calls.sum()))
            .toList();
    var targets = report.inOrder.stream().map(report::target).toList();
    return new RoutingStatus(keys, targets, canaries, choices);
  }

  private void collect(LiveModel model) {
    collect(model.tiers());
    Stream.of(model.canaries()).forEach(canary -> collect(canary.tiers));
    Stream.of(model.choices()).forEach(choice -> collect(choice.tiers));
  }

  private void collect(LiveTarget[][] tiers) {
    for (var tier : tiers) {
      for (var target : tier) {
        if (targets.putIfAbsent(target.state, target) == null) {
          inOrder.add(target);
        }
      }
    }
  }

  private RoutingStatus.Key key(LiveProvider provider, int index) {
    var state = provider.states[index];
    long cooling = 0;
    for (var target : inOrder) {
      if (target.provider == provider) {
        cooling = Math.max(cooling, target.cooling[index].nanosLeft(now));
      }
    }
    var standing = State.ACTIVE;
    long wait = 0;
    if (!state.breaker.isSound()) {
      standing = State.OUT;
      wait = state.breaker.nanosLeft(now);
    } else if (cooling > 0) {
      standing = State.COOLING;
      wait = cooling;
    }
    return new RoutingStatus.Key(
        provider.spec.name(),
        provider.keys[index].name(),
        standing,
        state.active.get(),
        state.calls.sum(),
        state.rejected.sum(),
        state.limited.sum(),
        Duration.ofNanos(wait));
  }

  private RoutingStatus.Target target(LiveTarget target) {
    var state = target.state;
    return new RoutingStatus.Target(
        target.provider.spec.name(),
        target.spec.model(),
        state.breaker.isSound() ? State.ACTIVE : State.OUT,
        state.active.get(),
        state.attempts.sum(),
        state.failures.sum(),
        state.ejections.sum(),
        Duration.ofNanos((long) state.latency.average()),
        Duration.ofNanos(state.breaker.nanosLeft(now)));
  }

  private static RoutingStatus.Canary canary(LiveCanary canary) {
    var state = canary.state;
    return new RoutingStatus.Canary(
        canary.model,
        canary.spec.name(),
        state.reason(),
        state.exchanges(true),
        state.failures(true),
        state.exchanges(false),
        state.failures(false));
  }
}
