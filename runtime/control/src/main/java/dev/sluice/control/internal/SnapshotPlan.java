package dev.sluice.control.internal;

import dev.sluice.ai.AiMemory;
import dev.sluice.ai.AiRoute;
import dev.sluice.ai.ModelRouter;
import dev.sluice.control.GatewayConfig;
import dev.sluice.identity.Access;
import dev.sluice.identity.Consumers;
import dev.sluice.providers.ProviderSpec;
import dev.sluice.proxy.PluginSpec;
import dev.sluice.proxy.SnapshotException;
import dev.sluice.proxy.SnapshotSpec;
import dev.sluice.proxy.TcpSpec;
import dev.sluice.proxy.route.Route;
import dev.sluice.proxy.route.Route.PluginBinding;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Turns a configuration and its plugins into what the proxy prepares. */
final class SnapshotPlan {
  private SnapshotPlan() {}

  /**
   * Returns the spec, with the plugins that attach themselves added to their routes.
   *
   * @param consumers who may call
   * @param router of the LLM calls on routes without upstreams of their own
   * @param memory that LLM calls share
   * @param rollouts of plugins of which not only the new version serves, by name
   */
  static SnapshotSpec of(
      GatewayConfig config,
      Consumers consumers,
      ModelRouter router,
      AiMemory memory,
      List<PluginSpec> plugins,
      Map<String, Rollout> rollouts) {
    return new SnapshotSpec(
        config.routes().stream()
            .map(route -> attach(config, route))
            .map(route -> identified(consumers, route))
            .map(route -> routed(route, router, memory))
            .map(route -> route.withPlugins(before(route.plugins(), route.name(), rollouts)))
            .toList(),
        Stream.concat(
                config.upstreams().stream(),
                config.routing().providers().stream().map(ProviderSpec::upstream))
            .toList(),
        plugins.stream().map(plugin -> serving(plugin, rollouts.get(plugin.name()))).toList(),
        config.tcp().stream()
            .map(
                tcp ->
                    new TcpSpec(
                        tcp.listener(),
                        tcp.upstream(),
                        before(tcp.plugins(), tcp.listener(), rollouts)))
            .toList(),
        rollouts.values().stream()
            .filter(rollout -> rollout.state() == Rollout.State.RUNNING)
            .map(Rollout::spec)
            .toList());
  }

  private static Route routed(Route route, ModelRouter router, AiMemory memory) {
    var ai = route.extension(AiRoute.class);
    boolean ours =
        route.targets().stream().allMatch(target -> ProviderSpec.isUpstream(target.upstream()));
    if (ai == null) {
      return route;
    }
    var bounded = ai.with(memory);
    return route.with(ours ? bounded.with(router) : bounded);
  }

  private static PluginSpec serving(PluginSpec plugin, @Nullable Rollout rollout) {
    return rollout != null && rollout.isRolledBack() ? rollout.stable() : plugin;
  }

  /** Gives versions that were rolled back to what a route or listener gave them before. */
  private static List<PluginBinding> before(
      List<PluginBinding> bindings, String user, Map<String, Rollout> rollouts) {
    var changed = new ArrayList<PluginBinding>();
    for (var binding : bindings) {
      var rollout = rollouts.get(binding.plugin());
      changed.add(
          rollout != null && rollout.isRolledBack()
              ? new PluginBinding(binding.plugin(), rollout.configurations().get(user))
              : binding);
    }
    return changed;
  }

  private static Route identified(Consumers consumers, Route route) {
    var access = route.extension(Access.class);
    var authentication = consumers.authentication(access == null ? Access.OPEN : access);
    return authentication == null ? route : route.with(authentication);
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
