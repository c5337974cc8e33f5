package dev.sluice.proxy.internal.plugin;

import dev.sluice.proxy.PluginSpec;

/**
 * Is a plugin with the configuration that a route gives it.
 *
 * @param plugin the plugin
 * @param configuration its own, or the route's
 */
public record Wanted(PluginSpec plugin, String configuration) {
  RootKey key() {
    return new RootKey(VmKey.of(plugin.vm()), plugin.rootId(), configuration);
  }
}
