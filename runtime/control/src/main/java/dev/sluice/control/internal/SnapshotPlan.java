package dev.sluice.control.internal;

import dev.sluice.control.GatewayConfig;
import dev.sluice.proxy.PluginSpec;
import dev.sluice.proxy.SnapshotException;
import dev.sluice.proxy.SnapshotSpec;
import dev.sluice.proxy.route.Route;
import dev.sluice.proxy.route.Route.PluginBinding;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Turns a configuration and its plugins into what the proxy prepares. */
final class SnapshotPlan {
  private SnapshotPlan() {}

  /** Returns the spec, with the plugins that attach themselves added to their routes. */
  static SnapshotSpec of(GatewayConfig config, List<PluginSpec> plugins) {
    return new SnapshotSpec(
        config.routes().stream().map(route -> attach(config, route)).toList(),
        config.upstreams(),
        plugins,
        config.tcp());
  }

  private static Route attach(GatewayConfig config, Route route) {
    var bindings = new ArrayList<>(route.plugins());
    for (var plugin : config.plugins()) {
      boolean there = bindings.stream().anyMatch(b -> b.plugin().equals(plugin.name()));
      if (!there && (plugin.global() || plugin.routes().contains(route.name()))) {
        bindings.add(new PluginBinding(plugin.name(), null));
      }
    }
    return route.withPlugins(bindings);
  }

  /** Reports what the proxy refused, where it stands in the file. */
  static void report(ConfigLoader.Loaded loaded, SnapshotException refused) {
    for (var problem : refused.problems()) {
      var list = problem.part().name().toLowerCase(Locale.ROOT) + "s";
      int index = 0;
      var path = list;
      for (var item : loaded.document().root().path(list)) {
        if (item.path("name").asString("").equals(problem.name())) {
          path = list + "[" + index + "]";
        }
        index++;
      }
      var message =
          problem.message().contains(problem.name()) ? problem.message() : problem.toString();
      loaded.document().report(path, null, message);
    }
  }
}
