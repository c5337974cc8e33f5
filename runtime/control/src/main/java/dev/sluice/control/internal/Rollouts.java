package dev.sluice.control.internal;

import dev.sluice.control.GatewayConfig;
import dev.sluice.control.GatewayConfig.PluginConfig;
import dev.sluice.control.internal.Rollout.State;
import dev.sluice.proxy.PluginSpec;
import dev.sluice.proxy.SnapshotSpec;
import dev.sluice.proxy.route.Route.PluginBinding;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the staged rollouts of plugins that have {@code canary}. A version that was rolled back
 * stays so, however often its entry is read again, until the entry leads to another version. Read
 * by any thread; changed under the controller's lock.
 */
final class Rollouts {
  private final AtomicLong ids = new AtomicLong();
  private volatile Map<String, Rollout> current = Map.of();

  /**
   * Says what a configuration does to the rollouts; changes nothing.
   *
   * @param plugins what its plugins are now
   * @param now what serves
   * @param atOnce plugins that are not to be staged
   * @return the rollouts that it goes on with or begins, by plugin
   */
  Map<String, Rollout> plan(
      GatewayConfig config, List<PluginSpec> plugins, SnapshotSpec now, Set<String> atOnce) {
    var planned = new HashMap<String, Rollout>();
    for (var entry : config.plugins()) {
      var spec = named(plugins, entry.name());
      if (spec != null && entry.canary() != null && !atOnce.contains(entry.name())) {
        var rollout = next(entry, spec, now);
        if (rollout != null) {
          planned.put(entry.name(), rollout);
        }
      }
    }
    return planned;
  }

  private @Nullable Rollout next(PluginConfig entry, PluginSpec spec, SnapshotSpec now) {
    var canary = entry.canary();
    var known = current.get(entry.name());
    var base = known == null ? named(now.plugins(), entry.name()) : known.base();
    if (canary == null || base == null || Rollout.same(base, spec)) {
      return null;
    }
    if (known != null && Rollout.same(known.candidate(), spec)) {
      return known.with(canary, spec);
    }
    var configurations =
        known == null || known.state() == State.PROMOTED
            ? configurations(entry.name(), now)
            : known.configurations();
    return new Rollout(
        ids.incrementAndGet(),
        canary,
        base,
        configurations,
        spec,
        State.RUNNING,
        "",
        Instant.now());
  }

  private static @Nullable PluginSpec named(List<PluginSpec> plugins, String name) {
    return plugins.stream().filter(p -> p.name().equals(name)).findFirst().orElse(null);
  }

  private static Map<String, String> configurations(String plugin, SnapshotSpec now) {
    Map<String, String> found = new HashMap<>();
    now.routes().forEach(route -> put(plugin, route.name(), route.plugins(), found));
    now.tcp().forEach(tcp -> put(plugin, tcp.listener(), tcp.plugins(), found));
    return found;
  }

  private static void put(
      String plugin, String user, List<PluginBinding> bindings, Map<String, String> found) {
    for (var binding : bindings) {
      if (binding.plugin().equals(plugin) && binding.configuration() != null) {
        found.put(user, binding.configuration());
      }
    }
  }

  /** What was planned serves. */
  void commit(Map<String, Rollout> planned) {
    current = Map.copyOf(planned);
  }

  /** Changes the state of a rollout; the next plan follows it. */
  void set(Rollout rollout) {
    var next = new HashMap<>(current);
    next.put(rollout.candidate().name(), rollout);
    current = Map.copyOf(next);
  }

  /** Returns a plugin's rollout, running or rolled back. */
  Optional<Rollout> of(String plugin) {
    return Optional.ofNullable(current.get(plugin));
  }

  /** Returns all rollouts by plugin. */
  Map<String, Rollout> all() {
    return new TreeMap<>(current);
  }
}
