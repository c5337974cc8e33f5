package dev.sluice.proxy;

import dev.sluice.proxy.route.Route.PluginBinding;
import java.util.List;

/**
 * Says where the connections of a TCP listener go.
 *
 * @param listener the listener's name
 * @param upstream where they go
 * @param plugins the NETWORK plugins that see them, in any order: the chain is ordered as that of a
 *     route
 */
public record TcpSpec(String listener, String upstream, List<PluginBinding> plugins) {
  /** Copies the list. */
  public TcpSpec {
    plugins = List.copyOf(plugins);
  }
}
