package dev.sluice.state.internal.vectors;

import dev.sluice.state.internal.vectors.VectorGraph.Found;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Is one namespace: items by key, and the graph that finds them. When a quarter of the graph's
 * items are dead a new graph is grown beside it, step by step, and takes its place. Owned by one
 * thread.
 */
final class VectorSpace {
  /** Dead items that no one minds. */
  private static final int DEAD = 512;

  /** How far the graph may be behind before a write has to help. */
  private static final int BACKLOG = 1_000;

  final int dimensions;
  private final Map<String, StoredVector> byKey = new HashMap<>();
  private VectorGraph graph;
  private @Nullable VectorGraph next;
  private int copied;

  VectorSpace(int dimensions) {
    this.dimensions = dimensions;
    graph = new VectorGraph(dimensions);
  }

  boolean isEmpty() {
    return byKey.isEmpty();
  }

  int size() {
    return byKey.size();
  }

  @Nullable StoredVector get(String key) {
    return byKey.get(key);
  }

  /** Adds an item whose key is free. */
  void add(StoredVector item) {
    byKey.put(item.key, item);
    graph.add(item);
    if (backlog() > BACKLOG) {
      step();
      step();
    }
  }

  void remove(StoredVector item) {
    item.die();
    byKey.remove(item.key);
    int dead = graph.size() - byKey.size();
    if (next == null && dead > DEAD && dead > graph.size() / 4) {
      next = new VectorGraph(dimensions);
      copied = 0;
    }
  }

  List<Found> search(float[] query, int k, double minScore, Map<String, String> filter, long now) {
    return graph.search(query, k, minScore, filter, now);
  }

  /** Returns the living items that have all of some attributes. */
  List<StoredVector> having(Map<String, String> filter) {
    if (filter.isEmpty()) {
      return List.copyOf(byKey.values());
    }
    return graph.candidates(filter).stream()
        .map(graph::item)
        .filter(item -> !item.isDead() && item.has(filter))
        .toList();
  }

  /** Returns how much is left to do in the background. */
  int backlog() {
    return next == null ? graph.backlog() : graph.size() - copied + next.backlog();
  }

  /** Does a little of the work in the background: half a millisecond at the most. */
  void step() {
    var growing = next;
    if (growing == null) {
      if (graph.backlog() > 0) {
        graph.grow();
      }
      return;
    }
    if (copied < graph.size()) {
      var item = graph.item(copied++);
      if (!item.isDead()) {
        growing.add(item);
      }
    }
    if (growing.backlog() > 0) {
      growing.grow();
    }
    if (copied == graph.size() && growing.backlog() == 0) {
      graph = growing;
      next = null;
    }
  }
}
