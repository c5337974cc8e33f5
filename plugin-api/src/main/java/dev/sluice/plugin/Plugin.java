package dev.sluice.plugin;

/**
 * Is a configured plugin on one event loop (a <em>root context</em>): makes a filter for each
 * exchange. What a Java plugin implements; its {@link PluginFactory} makes one per loop and
 * configuration.
 */
public interface Plugin extends AutoCloseable {
  /**
   * Makes the stream context of an exchange.
   *
   * @throws PluginException with kind DEAD when the VM has failed
   */
  HttpFilter newFilter(StreamContext context);

  /**
   * Makes the stream context of a TCP connection.
   *
   * @throws PluginException with kind LOAD when the plugin is not of type NETWORK
   */
  default NetworkFilter newNetworkFilter(ConnectionContext context) {
    throw new PluginException(PluginException.Kind.LOAD, "not a NETWORK plugin");
  }

  /** Is called on the loop at the period set by {@link RootContext#setTickPeriod}. */
  default void onTick() {}

  /**
   * Asks the plugin to finish.
   *
   * @return false when it will call {@link RootContext#done} later
   */
  default boolean onDone() {
    return true;
  }

  /** Deletes the context. Idempotent. */
  @Override
  default void close() {}
}
