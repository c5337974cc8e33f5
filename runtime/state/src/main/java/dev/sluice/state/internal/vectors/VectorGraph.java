package dev.sluice.state.internal.vectors;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.function.IntConsumer;
import org.apache.lucene.codecs.hnsw.FlatVectorScorerUtil;
import org.apache.lucene.codecs.hnsw.FlatVectorsScorer;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.TopKnnCollector;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.VectorUtil;
import org.apache.lucene.util.hnsw.HnswGraphBuilder;
import org.apache.lucene.util.hnsw.HnswGraphSearcher;
import org.jspecify.annotations.Nullable;

/**
 * Finds the nearest vectors by a hierarchical navigable small world (Lucene's), which grows node by
 * node; vectors that are not in it yet are compared one by one. Nodes are never taken out: a vector
 * that died is passed by, until a new graph replaces this one. Owned by one thread.
 */
final class VectorGraph {
  /** Up to this many vectors are compared one by one, which is exact, and fast enough. */
  static final int EXACT = 2_000;

  private static final int NEIGHBOURS = 16;
  private static final int BUILD_BEAM = 100;

  /** Nodes that a search keeps in sight; more find more and take longer. */
  private static final int SEARCH_BEAM = 200;

  private static final VectorSimilarityFunction DOT = VectorSimilarityFunction.DOT_PRODUCT;
  private static final FlatVectorsScorer SCORER =
      FlatVectorScorerUtil.getLucene99FlatVectorsScorer();

  private final List<StoredVector> items = new ArrayList<>();
  private final List<float[]> vectors = new ArrayList<>();
  private final Map<Map.Entry<String, String>, List<Integer>> byAttribute = new HashMap<>();
  private final FloatVectorValues values;
  private @Nullable HnswGraphBuilder builder;

  /** How many of the items, from the first, are nodes. */
  private int nodes;

  /** Is an item found, with its cosine. */
  record Found(StoredVector item, float score) {}

  VectorGraph(int dimensions) {
    values = FloatVectorValues.fromFloats(vectors, dimensions);
  }

  /** Returns how many items it has, dead ones included. */
  int size() {
    return items.size();
  }

  StoredVector item(int number) {
    return items.get(number);
  }

  void add(StoredVector item) {
    for (var attribute : item.attributes.entrySet()) {
      byAttribute
          .computeIfAbsent(
              Map.entry(attribute.getKey(), attribute.getValue()), k -> new ArrayList<>())
          .add(items.size());
    }
    items.add(item);
    vectors.add(item.vector);
  }

  /** Returns how many items are to be made nodes. */
  int backlog() {
    return items.size() <= EXACT ? 0 : items.size() - nodes;
  }

  /** Makes the next item a node. */
  void grow() {
    try {
      if (builder == null) {
        builder =
            HnswGraphBuilder.create(
                SCORER.getRandomVectorScorerSupplier(DOT, values), NEIGHBOURS, BUILD_BEAM, 42);
      }
      builder.addGraphNode(nodes++);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Returns the nearest items, the nearest first.
   *
   * @param query of unit length
   * @param now what expired before is passed by
   */
  List<Found> search(float[] query, int k, double minScore, Map<String, String> filter, long now) {
    var best = new PriorityQueue<>(Comparator.comparingDouble(Found::score));
    IntConsumer compare =
        number -> {
          var item = items.get(number);
          if (isSought(item, filter, now)) {
            offer(best, k, minScore, new Found(item, VectorUtil.dotProduct(query, item.vector)));
          }
        };
    if (!filter.isEmpty()) {
      var candidates = candidates(filter);
      if (candidates.size() <= EXACT) {
        candidates.forEach(compare::accept);
        return sorted(best);
      }
    }
    if (nodes > 0) {
      walk(query, Math.max(SEARCH_BEAM, 2 * k), filter, now).forEach(compare::accept);
    }
    for (int i = nodes; i < items.size(); i++) {
      compare.accept(i);
    }
    return sorted(best);
  }

  private static boolean isSought(StoredVector item, Map<String, String> filter, long now) {
    return !item.isDead() && item.expires > now && item.has(filter);
  }

  private static void offer(PriorityQueue<Found> best, int k, double minScore, Found found) {
    if (found.score < minScore) {
      return;
    }
    if (best.size() < k) {
      best.add(found);
    } else if (best.element().score < found.score) {
      best.remove();
      best.add(found);
    }
  }

  private static List<Found> sorted(PriorityQueue<Found> best) {
    var list = new ArrayList<>(best);
    list.sort(Comparator.comparingDouble(Found::score).reversed());
    return list;
  }

  /** Returns the numbers of the items that have the rarest of some attributes. */
  List<Integer> candidates(Map<String, String> filter) {
    List<Integer> fewest = List.of();
    boolean first = true;
    for (var attribute : filter.entrySet()) {
      var having =
          byAttribute.getOrDefault(
              Map.entry(attribute.getKey(), attribute.getValue()), List.<Integer>of());
      if (first || having.size() < fewest.size()) {
        fewest = having;
      }
      first = false;
    }
    return fewest;
  }

  private List<Integer> walk(float[] query, int beam, Map<String, String> filter, long now) {
    var graph = Objects.requireNonNull(builder).getGraph();
    var accept =
        new Bits() {
          @Override
          public boolean get(int number) {
            return isSought(items.get(number), filter, now);
          }

          @Override
          public int length() {
            return items.size();
          }
        };
    try {
      var collector = new TopKnnCollector(beam, Integer.MAX_VALUE);
      HnswGraphSearcher.search(
          SCORER.getRandomVectorScorer(DOT, values, query), collector, graph, accept);
      var numbers = new ArrayList<Integer>();
      for (var hit : collector.topDocs().scoreDocs) {
        numbers.add(hit.doc);
      }
      return numbers;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
