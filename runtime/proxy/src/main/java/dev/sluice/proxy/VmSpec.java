package dev.sluice.proxy;

import dev.sluice.plugin.Grants;
import dev.sluice.plugin.Limits;
import dev.sluice.plugin.engine.PluginSource;
import java.util.Map;

/**
 * Identifies the VMs of a plugin: two equal specs mean the same VMs, which then carry over from
 * snapshot to snapshot without a second start (design.md section 4). Only the name and digest of
 * the source count.
 *
 * @param engine the name of its {@link dev.sluice.plugin.engine.PluginEngine}
 * @param source the verified artifact
 * @param vmId scopes shared data; the plugin's name by default
 * @param configuration {@code vmConfig.configuration}
 * @param environment {@code vmConfig.env}
 * @param limits what a VM may use
 * @param grants what the plugin may reach
 * @param trusted whether the operator trusts the code
 */
public record VmSpec(
    String engine,
    PluginSource source,
    String vmId,
    String configuration,
    Map<String, String> environment,
    Limits limits,
    Grants grants,
    boolean trusted) {
  /** Copies the environment. */
  public VmSpec {
    environment = Map.copyOf(environment);
  }

  /** Returns a spec with defaults, which grants nothing. */
  public static VmSpec of(String engine, PluginSource source) {
    return new VmSpec(
        engine, source, source.name(), "", Map.of(), Limits.DEFAULT, Grants.NONE, false);
  }

  /** Returns this spec with other grants. */
  public VmSpec withGrants(Grants other) {
    return new VmSpec(engine, source, vmId, configuration, environment, limits, other, trusted);
  }

  /** Returns this spec with other limits. */
  public VmSpec withLimits(Limits other) {
    return new VmSpec(engine, source, vmId, configuration, environment, other, grants, trusted);
  }
}
