package dev.sluice.plugin;

/**
 * Makes the plugin of a jar, which names its implementation in {@code
 * META-INF/services/dev.sluice.plugin.PluginFactory}. Trusted code: separated from the gateway by
 * its class loader only.
 */
public interface PluginFactory {
  /**
   * Makes a plugin for one event loop from its configuration. Runs on a warm-up thread and may
   * block within the plugin's start time.
   *
   * @throws PluginException with kind CONFIGURE and a message that names the value and the
   *     expectation
   */
  Plugin create(RootContext context);
}
