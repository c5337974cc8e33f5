package dev.sluice.proxy.route;

import dev.sluice.plugin.Headers;
import java.util.Comparator;
import java.util.List;

/**
 * Is a route under one host and path, with the conditions that are left to check.
 *
 * @param <T> what a look-up answers
 */
final class Candidate<T> {
  /** The most conditions first; the order of the configuration decides between equals. */
  static final Comparator<Candidate<?>> BY_SPECIFICITY =
      Comparator.<Candidate<?>>comparingInt(c -> -c.weight).thenComparingInt(c -> c.order);

  final T value;
  final int order;
  private final int weight;
  private final String[] methods;
  private final Condition[] headers;
  private final Condition[] query;

  Candidate(T value, RouteMatch match, int order) {
    this.value = value;
    this.order = order;
    methods = match.methods().toArray(String[]::new);
    headers = conditions(match.headers());
    query = conditions(match.query());
    weight = (methods.length > 0 ? 1 : 0) + headers.length + query.length;
  }

  private static Condition[] conditions(List<RouteMatch.FieldMatch> fields) {
    return fields.stream().map(Condition::new).toArray(Condition[]::new);
  }

  /**
   * Returns whether the rest of the conditions hold.
   *
   * @param pathEnd where the query begins, with its question mark, or the path's length
   */
  boolean matches(Headers request, String path, int pathEnd) {
    if (weight == 0) {
      return true;
    }
    if (methods.length > 0 && !anyMethod(request.get(":method", ""))) {
      return false;
    }
    for (var condition : headers) {
      if (!condition.holdsForHeader(request)) {
        return false;
      }
    }
    for (var condition : query) {
      if (!condition.holdsForQuery(path, pathEnd)) {
        return false;
      }
    }
    return true;
  }

  private boolean anyMethod(String method) {
    for (var each : methods) {
      if (each.equals(method)) {
        return true;
      }
    }
    return false;
  }
}
