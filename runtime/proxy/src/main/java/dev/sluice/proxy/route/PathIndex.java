package dev.sluice.proxy.route;

import com.google.re2j.Pattern;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.route.RouteMatch.PathMatch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds a route among those of one host: exact paths, then expressions in order, then the longest
 * prefix.
 *
 * @param <T> what a look-up answers
 */
final class PathIndex<T> {
  private record Expression<T>(Pattern pattern, List<Candidate<T>> candidates) {}

  private final Map<String, List<Candidate<T>>> exactByPath = new LinkedHashMap<>();
  private final Map<String, Expression<T>> expressionByText = new LinkedHashMap<>();
  private final RegionTable<List<Candidate<T>>> exact = new RegionTable<>(false);
  private final List<Expression<T>> expressions = new ArrayList<>();
  private final PrefixTree<T> prefixes = new PrefixTree<>();

  void add(PathMatch match, Candidate<T> candidate) {
    switch (match) {
      case PathMatch.Exact(var path) ->
          exactByPath.computeIfAbsent(path, p -> new ArrayList<>(1)).add(candidate);
      case PathMatch.Regex(var text) ->
          expressionByText
              .computeIfAbsent(text, t -> new Expression<>(Pattern.compile(t), new ArrayList<>(1)))
              .candidates
              .add(candidate);
      case PathMatch.Prefix(var prefix) -> prefixes.add(prefix, candidate);
    }
  }

  /** Ends the building. */
  void seal() {
    exactByPath.forEach(
        (path, candidates) -> {
          candidates.sort(Candidate.BY_SPECIFICITY);
          exact.put(path, candidates);
        });
    expressionByText.values().forEach(e -> e.candidates.sort(Candidate.BY_SPECIFICITY));
    expressions.addAll(expressionByText.values());
    exactByPath.clear();
    expressionByText.clear();
    prefixes.seal();
  }

  /** Returns the value for the path that ends at {@code end}, or null. */
  @Nullable T find(Headers request, String path, int end) {
    if (exact.size() > 0) {
      var candidates = exact.get(path, 0, end);
      if (candidates != null) {
        var found = PrefixTree.first(candidates, request, path, end);
        if (found != null) {
          return found;
        }
      }
    }
    if (!expressions.isEmpty()) {
      var found = findExpression(request, path, end);
      if (found != null) {
        return found;
      }
    }
    return prefixes.find(request, path, end);
  }

  private @Nullable T findExpression(Headers request, String path, int end) {
    var text = path.substring(0, end);
    for (var expression : expressions) {
      if (expression.pattern.matches(text)) {
        var found = PrefixTree.first(expression.candidates, request, path, end);
        if (found != null) {
          return found;
        }
      }
    }
    return null;
  }
}
