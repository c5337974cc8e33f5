package dev.sluice.proxy.internal;

import dev.sluice.proxy.CanarySpec;
import dev.sluice.proxy.PluginSpec;
import dev.sluice.proxy.SnapshotSpec;
import dev.sluice.proxy.internal.plugin.Wanted;
import dev.sluice.proxy.route.Route.PluginBinding;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Says which plugins with which configurations stand in the chains of a snapshot, in order. */
final class ChainPlan {
  /** The order of a chain (design.md section 4). */
  private static final Comparator<PluginSpec> CHAIN_ORDER =
      Comparator.comparing(PluginSpec::phase)
          .thenComparing(PluginSpec::priority, Comparator.reverseOrder())
          .thenComparing(PluginSpec::name);

  private final SnapshotSpec spec;
  private final Map<String, PluginSpec> plugins = new LinkedHashMap<>();
  private final Map<String, CanarySpec> canaries = new LinkedHashMap<>();

  ChainPlan(SnapshotSpec spec) {
    this.spec = spec;
    spec.plugins().forEach(plugin -> plugins.put(plugin.name(), plugin));
    spec.canaries().forEach(canary -> canaries.put(canary.stable().name(), canary));
  }

  /**
   * Is one place in a chain.
   *
   * @param stable the version before, when the plugin is new and gets a share of exchanges only
   */
  record Place(Wanted wanted, @Nullable Wanted stable) {}

  /**
   * Returns the chain of a route or TCP listener.
   *
   * @param user its name
   */
  List<Place> places(String user, List<PluginBinding> bindings) {
    var places = new ArrayList<Place>();
    for (var binding : bindings) {
      var plugin = plugins.get(binding.plugin());
      if (plugin != null) {
        places.add(place(user, plugin, binding.configuration()));
      }
    }
    places.sort(Comparator.comparing(place -> place.wanted().plugin(), CHAIN_ORDER));
    return places;
  }

  private Place place(String user, PluginSpec plugin, @Nullable String configuration) {
    var wanted = new Wanted(plugin, configuration == null ? plugin.configuration() : configuration);
    var canary = canaries.get(plugin.name());
    if (canary == null) {
      return new Place(wanted, null);
    }
    var before = canary.configurations().getOrDefault(user, canary.stable().configuration());
    return new Place(wanted, new Wanted(canary.stable(), before));
  }

  /** Returns all that the snapshot needs; a plugin that no chain has starts too. */
  Set<Wanted> wanted() {
    var wanted = new LinkedHashSet<Wanted>();
    spec.routes().forEach(route -> add(places(route.name(), route.plugins()), wanted));
    spec.tcp().forEach(tcp -> add(places(tcp.listener(), tcp.plugins()), wanted));
    var named = new HashSet<String>();
    wanted.forEach(w -> named.add(w.plugin().name()));
    plugins.values().stream()
        .filter(plugin -> !named.contains(plugin.name()))
        .map(plugin -> place("", plugin, null))
        .forEach(place -> add(List.of(place), wanted));
    return wanted;
  }

  private static void add(List<Place> places, Set<Wanted> wanted) {
    for (var place : places) {
      wanted.add(place.wanted());
      if (place.stable() != null) {
        wanted.add(place.stable());
      }
    }
  }
}
