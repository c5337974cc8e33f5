package dev.sluice.proxy.route;

import dev.sluice.plugin.Headers;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds the most specific of thousands of routes for a request. Immutable and thread-safe.
 *
 * @param <T> what a route is made into; what a look-up answers
 */
public final class RouteTable<T> {
  private RouteTable() {}

  /**
   * Builds a table.
   *
   * @throws IllegalArgumentException when a host is malformed, naming the route
   */
  public static <T> RouteTable<T> of(List<T> routes, Function<T, Route> route) {
    throw new UnsupportedOperationException("runtime/proxy is being written");
  }

  /** Returns the route for a request by its pseudo-headers and fields, or null. */
  public @Nullable T find(Headers request) {
    throw new UnsupportedOperationException("runtime/proxy is being written");
  }
}
