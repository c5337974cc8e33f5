package dev.sluice.proxy;

import dev.sluice.proxy.route.RouteMatch.FieldMatch;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Describes the rollout of a new version of a plugin to a share of exchanges: the plugin of that
 * name in the snapshot is the new version, the others get the one before.
 *
 * @param rollout names the rollout: while it stays the same, counts go on from snapshot to snapshot
 * @param stable the version before
 * @param configurations what routes and TCP listeners, by their names, gave the version before; its
 *     own configuration for those that are not listed
 * @param share how many of 10,000 exchanges get the new version, 0 to 10,000
 * @param header an exchange whose request fulfils it always gets the new version; null for none
 */
public record CanarySpec(
    long rollout,
    PluginSpec stable,
    Map<String, String> configurations,
    int share,
    @Nullable FieldMatch header) {
  /** Is the share that means all exchanges. */
  public static final int ALL = 10_000;

  /** Copies the map and checks the share. */
  public CanarySpec {
    configurations = Map.copyOf(configurations);
    if (share < 0 || share > ALL) {
      throw new IllegalArgumentException("share: " + share + " (expected: 0.." + ALL + ")");
    }
  }
}
