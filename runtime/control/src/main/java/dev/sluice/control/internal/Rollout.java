package dev.sluice.control.internal;

import dev.sluice.control.GatewayConfig.Canary;
import dev.sluice.plugin.FailStrategy;
import dev.sluice.plugin.Grants;
import dev.sluice.plugin.Limits;
import dev.sluice.proxy.CanarySpec;
import dev.sluice.proxy.PluginSpec;
import java.time.Instant;
import java.util.Map;

/**
 * Is the staged rollout of a new version of a plugin.
 *
 * @param id unique in this process
 * @param settings its share, and what ends it
 * @param stable the version that served before
 * @param configurations what routes and TCP listeners gave that version, by their names
 * @param candidate the new version
 * @param reason why it is in its state, empty while it runs
 * @param since when it came into its state
 */
record Rollout(
    long id,
    Canary settings,
    PluginSpec stable,
    Map<String, String> configurations,
    PluginSpec candidate,
    State state,
    String reason,
    Instant since) {
  /** Says which version serves. */
  enum State {
    /** Both, each its share. */
    RUNNING,
    /** The version before alone. */
    ROLLED_BACK,
    /** The new version alone, from the next snapshot on. */
    PROMOTED
  }

  /** Copies the map. */
  Rollout {
    configurations = Map.copyOf(configurations);
  }

  Rollout in(State next, String why) {
    return new Rollout(id, settings, stable, configurations, candidate, next, why, Instant.now());
  }

  Rollout with(Canary other, PluginSpec same) {
    return new Rollout(id, other, stable, configurations, same, state, reason, since);
  }

  /** Returns the version that whoever comes next is compared with. */
  PluginSpec base() {
    return state == State.PROMOTED ? candidate : stable;
  }

  boolean isRolledBack() {
    return state == State.ROLLED_BACK;
  }

  CanarySpec spec() {
    return new CanarySpec(id, stable, configurations, settings.share(), settings.header());
  }

  /** Returns whether two specs of a plugin are the same version: code, configuration and rights. */
  static boolean same(PluginSpec one, PluginSpec other) {
    return Version.of(one).equals(Version.of(other));
  }

  /** Is all that makes a version, but for its place in the chain. */
  private record Version(
      String digest,
      String engine,
      String vmId,
      String vmConfiguration,
      Map<String, String> environment,
      Limits limits,
      Grants grants,
      boolean trusted,
      String rootId,
      String configuration,
      FailStrategy failStrategy) {
    static Version of(PluginSpec plugin) {
      var vm = plugin.vm();
      return new Version(
          vm.source().digest(),
          vm.engine(),
          vm.vmId(),
          vm.configuration(),
          vm.environment(),
          vm.limits(),
          vm.grants(),
          vm.trusted(),
          plugin.rootId(),
          plugin.configuration(),
          plugin.failStrategy());
    }
  }
}
