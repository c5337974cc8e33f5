package dev.sluice.proxy;

import dev.sluice.proxy.route.Route;
import java.util.List;

/**
 * Describes one complete configuration of the proxy.
 *
 * @param routes in the order of the configuration, which decides between equals
 * @param upstreams what routes and plugins name
 * @param plugins what routes and TCP listeners name
 * @param tcp where the connections of TCP listeners go
 * @param canaries which of the plugins are new versions that get a share of exchanges
 */
public record SnapshotSpec(
    List<Route> routes,
    List<UpstreamSpec> upstreams,
    List<PluginSpec> plugins,
    List<TcpSpec> tcp,
    List<CanarySpec> canaries) {
  /** Copies the lists. */
  public SnapshotSpec {
    routes = List.copyOf(routes);
    upstreams = List.copyOf(upstreams);
    plugins = List.copyOf(plugins);
    tcp = List.copyOf(tcp);
    canaries = List.copyOf(canaries);
  }

  /** Describes a configuration without TCP listeners. */
  public SnapshotSpec(List<Route> routes, List<UpstreamSpec> upstreams, List<PluginSpec> plugins) {
    this(routes, upstreams, plugins, List.of(), List.of());
  }

  /** Is the configuration that has nothing: every request is answered 404. */
  public static final SnapshotSpec EMPTY = new SnapshotSpec(List.of(), List.of(), List.of());
}
