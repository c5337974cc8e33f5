package dev.sluice.proxy.internal.exchange;

import dev.sluice.plugin.ConnectionContext;
import dev.sluice.plugin.FailStrategy;
import dev.sluice.plugin.HttpFilter;
import dev.sluice.plugin.NetworkFilter;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.StreamContext;
import java.util.function.Consumer;

/**
 * Makes the filters of one plugin configuration on one loop. Belongs to that loop; what lies behind
 * may be replaced between two calls when a VM is rebuilt.
 */
public interface FilterSource {
  /** Returns the plugin's name. */
  String plugin();

  /** Returns {@code rootId}. */
  String rootId();

  /** Returns {@code vmConfig.vmId}. */
  String vmId();

  /** Returns the bytes that one filter may hold per direction. */
  int bodyBuffer();

  /** Returns the callbacks that the plugin has, as bits by the ordinals of {@code Callback}. */
  int callbacks();

  /** Returns whether its filters may take part in dialogues. */
  default boolean talks() {
    return true;
  }

  /**
   * Makes the filter of an exchange.
   *
   * @throws PluginException with kind DEAD while the VM is being rebuilt
   */
  HttpFilter newFilter(StreamContext context);

  /**
   * Makes the filter of a TCP connection.
   *
   * @throws PluginException with kind DEAD while the VM is being rebuilt, with kind LOAD when the
   *     plugin is not of type NETWORK
   */
  NetworkFilter newNetworkFilter(ConnectionContext context);

  /** A TCP connection has it in its chain; {@code abort} ends the connection, given a reason. */
  void retain(Consumer<String> abort);

  /** The connection has ended; given what {@link #retain(Consumer)} was. */
  void release(Consumer<String> abort);

  /** An exchange has it in its chain. */
  void retain(Exchange exchange);

  /** The exchange has ended. */
  void release(Exchange exchange);

  /** Counts a callback and returns whether its time is to be measured. */
  boolean called();

  /** Takes the time of a callback. */
  void took(long nanos);

  /** A callback failed; {@code strategy} may ask for a rebuild. */
  void failed(PluginException cause, FailStrategy strategy);
}
