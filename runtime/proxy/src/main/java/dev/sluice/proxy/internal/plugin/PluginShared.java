package dev.sluice.proxy.internal.plugin;

import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.host.Clock;
import dev.sluice.plugin.host.Metrics;
import dev.sluice.plugin.host.PluginLog;

/**
 * Is what all generations of a plugin share, by its name.
 *
 * @param stats what the gateway counts
 * @param pluginMetrics what the plugin counts
 * @param log where it writes
 * @param clock what time it is
 * @param services further host services
 * @param serviceStats what they do for it
 */
record PluginShared(
    PluginStats stats,
    PluginMetrics pluginMetrics,
    PluginLog log,
    Clock clock,
    ServiceRegistry services,
    ServiceStats serviceStats) {
  /** Writes why the plugin failed, in its own name and within its bound of lines. */
  void failed(PluginException cause) {
    log.log(PluginLog.Level.ERROR, "failed: " + cause.kind() + ": " + cause.getMessage());
  }

  Metrics metrics() {
    return pluginMetrics;
  }
}
