package dev.sluice.proxy.route;

import dev.sluice.plugin.Headers;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds the most specific of thousands of routes for a request. Immutable and thread-safe.
 *
 * <p>An exact host goes before a wildcard, a longer wildcard before a shorter one, and any host
 * comes last; under a host an exact path goes before expressions (in order), and these before the
 * longest prefix; then the route with the most conditions on method, headers and query, then the
 * one that the configuration names first. Where the conditions do not hold the next less specific
 * route is looked at, other hosts included.
 *
 * <p>A look-up allocates nothing unless expressions or query conditions take part. Guarded by the
 * benchmark {@code RouteTableBench}.
 *
 * @param <T> what a route is made into; what a look-up answers
 */
public final class RouteTable<T> {
  private final RegionTable<PathIndex<T>> exactHosts = new RegionTable<>(true);

  /** By what follows the star: {@code .example.org}. */
  private final RegionTable<PathIndex<T>> wildcardHosts = new RegionTable<>(true);

  private @Nullable PathIndex<T> anyHost;

  private RouteTable() {}

  /**
   * Builds a table.
   *
   * @throws IllegalArgumentException when a host is malformed, naming the route
   */
  public static <T> RouteTable<T> of(List<T> routes, Function<T, Route> route) {
    Map<String, PathIndex<T>> byHost = new LinkedHashMap<>();
    for (int order = 0; order < routes.size(); order++) {
      var value = routes.get(order);
      var definition = route.apply(value);
      var match = definition.match();
      var candidate = new Candidate<>(value, match, order);
      for (var host : match.hosts().isEmpty() ? List.of("*") : match.hosts()) {
        byHost
            .computeIfAbsent(checkedHost(definition.name(), host), h -> new PathIndex<>())
            .add(match.path(), candidate);
      }
    }
    var table = new RouteTable<T>();
    byHost.forEach(table::addHost);
    return table;
  }

  private void addHost(String host, PathIndex<T> paths) {
    paths.seal();
    if (host.equals("*")) {
      anyHost = paths;
    } else if (host.startsWith("*")) {
      wildcardHosts.put(host.substring(1), paths);
    } else {
      exactHosts.put(host, paths);
    }
  }

  private static String checkedHost(String route, String host) {
    var name = host.startsWith("*.") ? host.substring(2) : host;
    boolean any = host.equals("*");
    boolean literal = host.startsWith("[") && host.endsWith("]");
    if (!any && (name.isEmpty() || name.contains("*") || (name.contains(":") && !literal))) {
      throw new IllegalArgumentException(
          "hosts of route "
              + route
              + ": \""
              + host
              + "\" (expected: a name without port, *.name or *)");
    }
    return host.toLowerCase(Locale.ROOT);
  }

  /** Returns the route for a request by its pseudo-headers and fields, or null. */
  public @Nullable T find(Headers request) {
    var path = request.get(":path", "");
    int query = path.indexOf('?');
    int end = query < 0 ? path.length() : query;
    if (exactHosts.size() > 0 || wildcardHosts.size() > 0) {
      var authority = request.get(":authority", "");
      int hostEnd = hostEnd(authority);
      var paths = exactHosts.get(authority, 0, hostEnd);
      if (paths != null) {
        var found = paths.find(request, path, end);
        if (found != null) {
          return found;
        }
      }
      if (wildcardHosts.size() > 0) {
        var found = findWildcard(request, authority, hostEnd, path, end);
        if (found != null) {
          return found;
        }
      }
    }
    return anyHost == null ? null : anyHost.find(request, path, end);
  }

  private @Nullable T findWildcard(
      Headers request, String authority, int hostEnd, String path, int end) {
    for (int dot = authority.indexOf('.', 1);
        dot > 0 && dot < hostEnd;
        dot = authority.indexOf('.', dot + 1)) {
      var paths = wildcardHosts.get(authority, dot, hostEnd);
      if (paths != null) {
        var found = paths.find(request, path, end);
        if (found != null) {
          return found;
        }
      }
    }
    return null;
  }

  /** Returns where the host ends: before the port, and before a dot that makes it absolute. */
  private static int hostEnd(String authority) {
    int end = authority.length();
    int colon = authority.lastIndexOf(':');
    if (colon >= 0 && colon > authority.lastIndexOf(']')) {
      end = colon;
    }
    return end > 1 && authority.charAt(end - 1) == '.' ? end - 1 : end;
  }
}
