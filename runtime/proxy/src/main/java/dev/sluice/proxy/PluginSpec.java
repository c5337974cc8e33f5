package dev.sluice.proxy;

import dev.sluice.plugin.FailStrategy;
import dev.sluice.plugin.Phase;

/**
 * Describes a plugin of a snapshot. Its name is that of its source.
 *
 * @param vm the code and where it runs
 * @param rootId selects a root context of the module; an empty string by default
 * @param configuration {@code pluginConfig} as JSON, an empty string when there is none
 * @param phase its place in the chain
 * @param priority from high to low inside the phase
 * @param failStrategy what happens to an exchange on which it fails
 */
public record PluginSpec(
    VmSpec vm,
    String rootId,
    String configuration,
    Phase phase,
    int priority,
    FailStrategy failStrategy) {
  /** Returns the plugin's name. */
  public String name() {
    return vm.source().name();
  }

  /** Returns a spec with defaults. */
  public static PluginSpec of(VmSpec vm, String configuration) {
    return new PluginSpec(vm, "", configuration, Phase.UNSPECIFIED, 0, FailStrategy.FAIL_CLOSE);
  }

  /** Returns this spec with another fail strategy. */
  public PluginSpec withFailStrategy(FailStrategy other) {
    return new PluginSpec(vm, rootId, configuration, phase, priority, other);
  }

  /** Returns this spec with another place in the chain. */
  public PluginSpec withPlace(Phase inPhase, int withPriority) {
    return new PluginSpec(vm, rootId, configuration, inPhase, withPriority, failStrategy);
  }
}
