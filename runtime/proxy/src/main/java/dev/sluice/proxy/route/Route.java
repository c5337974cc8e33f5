package dev.sluice.proxy.route;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Says where the requests that match go, and what happens to them on the way.
 *
 * @param name unique among routes
 * @param match which requests it takes
 * @param targets the upstreams that share its requests, by weight
 * @param plugins the plugins attached to it, in any order: the chain is ordered by phase, priority
 *     and name (design.md section 4)
 * @param timeout from the end of the request to the end of the response; zero for none
 * @param retry when a failed attempt is tried again
 * @param extensions what modules above the proxy add, at most one of each class
 */
public record Route(
    String name,
    RouteMatch match,
    List<Target> targets,
    List<PluginBinding> plugins,
    Duration timeout,
    RetryPolicy retry,
    List<RouteExtension> extensions) {
  /** Copies the lists. */
  public Route {
    targets = List.copyOf(targets);
    plugins = List.copyOf(plugins);
    extensions = List.copyOf(extensions);
    if (timeout.isNegative()) {
      throw new IllegalArgumentException("timeout: " + timeout + " (expected: 0s or more)");
    }
  }

  /** Describes a route without extensions. */
  public Route(
      String name,
      RouteMatch match,
      List<Target> targets,
      List<PluginBinding> plugins,
      Duration timeout,
      RetryPolicy retry) {
    this(name, match, targets, plugins, timeout, retry, List.of());
  }

  /** Returns a route to one upstream without plugins, timeout and retries. */
  public static Route to(String name, RouteMatch match, String upstream) {
    return new Route(
        name, match, List.of(new Target(upstream, 1)), List.of(), Duration.ZERO, RetryPolicy.NONE);
  }

  /** Returns this route with other plugins. */
  public Route withPlugins(List<PluginBinding> bindings) {
    return new Route(name, match, targets, bindings, timeout, retry, extensions);
  }

  /** Returns this route with another timeout and retry policy. */
  public Route withTries(Duration limit, RetryPolicy policy) {
    return new Route(name, match, targets, plugins, limit, policy, extensions);
  }

  /** Returns this route with one more extension, in place of one of the same class. */
  public Route with(RouteExtension extension) {
    var all = new ArrayList<RouteExtension>();
    for (var other : extensions) {
      if (other.getClass() != extension.getClass()) {
        all.add(other);
      }
    }
    all.add(extension);
    return new Route(name, match, targets, plugins, timeout, retry, all);
  }

  /** Returns the extension of a type, or null. */
  public <T> @Nullable T extension(Class<T> type) {
    for (var extension : extensions) {
      if (type.isInstance(extension)) {
        return type.cast(extension);
      }
    }
    return null;
  }

  /**
   * Is one upstream of a route.
   *
   * @param upstream its name
   * @param weight its share, 0 to 1,000,000
   */
  public record Target(String upstream, int weight) {
    /** Checks the weight. */
    public Target {
      if (weight < 0 || weight > 1_000_000) {
        throw new IllegalArgumentException("weight: " + weight + " (expected: 0..1000000)");
      }
    }
  }

  /**
   * Attaches a plugin.
   *
   * @param plugin its name
   * @param configuration JSON that takes the place of its {@code pluginConfig} on this route (a
   *     further root context), or null
   */
  public record PluginBinding(String plugin, @Nullable String configuration) {}
}
