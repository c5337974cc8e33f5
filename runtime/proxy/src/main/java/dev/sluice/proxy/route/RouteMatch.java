package dev.sluice.proxy.route;

import com.google.re2j.Pattern;
import java.util.List;

/**
 * Says which requests a route takes: all conditions must hold; an empty list is no condition.
 *
 * @param hosts host names without port, any case; {@code *.example.org} takes every name below it
 *     (not example.org itself); {@code *} takes any
 * @param path what the path, without query, must be
 * @param methods any of these, in upper case
 * @param headers conditions on header fields
 * @param query conditions on query parameters
 */
public record RouteMatch(
    List<String> hosts,
    PathMatch path,
    List<String> methods,
    List<FieldMatch> headers,
    List<FieldMatch> query) {
  /** Takes every request. */
  public static final RouteMatch ANY = path(new PathMatch.Prefix(""));

  /** Copies the lists. */
  public RouteMatch {
    hosts = List.copyOf(hosts);
    methods = List.copyOf(methods);
    headers = List.copyOf(headers);
    query = List.copyOf(query);
  }

  /** Returns a match on the path alone. */
  public static RouteMatch path(PathMatch path) {
    return new RouteMatch(List.of(), path, List.of(), List.of(), List.of());
  }

  /** Returns a match on a path prefix alone. */
  public static RouteMatch prefix(String prefix) {
    return path(new PathMatch.Prefix(prefix));
  }

  /** Is a condition on the path; the most specific that holds wins, in the order given here. */
  public sealed interface PathMatch {
    /** Is equal to the path. */
    record Exact(String path) implements PathMatch {}

    /** Matches the whole path, as an RE2 expression (linear time). */
    record Regex(String expression) implements PathMatch {
      /**
       * @throws IllegalArgumentException when the expression cannot be read
       */
      public Regex {
        checkExpression(expression);
      }
    }

    /**
     * Begins the path at a segment boundary: {@code /api} takes {@code /api} and {@code /api/x},
     * not {@code /apix}; {@code /api/} takes what begins with it; an empty string takes all. The
     * longest wins.
     */
    record Prefix(String prefix) implements PathMatch {}
  }

  /**
   * Is a condition on a header field or query parameter.
   *
   * @param name of the field (lower case) or the parameter (exact)
   * @param value holds when one of the values fulfils it
   */
  public record FieldMatch(String name, ValueMatch value) {}

  /** Is a condition on a value. */
  public sealed interface ValueMatch {
    /** Is there, with any value. */
    record Present() implements ValueMatch {}

    /** Is not there. */
    record Absent() implements ValueMatch {}

    /** Is equal. */
    record Exact(String text) implements ValueMatch {}

    /** Begins the value. */
    record Prefix(String text) implements ValueMatch {}

    /** Ends the value. */
    record Suffix(String text) implements ValueMatch {}

    /** Matches the whole value, as an RE2 expression. */
    record Regex(String expression) implements ValueMatch {
      /**
       * @throws IllegalArgumentException when the expression cannot be read
       */
      public Regex {
        checkExpression(expression);
      }
    }
  }

  private static void checkExpression(String expression) {
    try {
      Pattern.compile(expression);
    } catch (com.google.re2j.PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "regex: \"" + expression + "\" (expected: an RE2 expression; " + e.getMessage() + ")", e);
    }
  }
}
