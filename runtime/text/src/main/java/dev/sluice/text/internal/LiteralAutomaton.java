package dev.sluice.text.internal;

import dev.sluice.plugin.host.Patterns.Pattern;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds many literals at once (Aho and Corasick, 1975), over code points so that folding case may
 * change the number of bytes. Immutable.
 *
 * <p>States are numbered, 0 is the root. Transitions stand in one open-addressing table keyed by
 * state and code point, so memory grows with the patterns and not with the alphabet; failure links
 * make a scan linear.
 */
final class LiteralAutomaton {
  private static final long EMPTY = -1;

  private final boolean folds;
  private final long[] keys;
  private final int[] targets;
  private final int[] failures;
  private final int[] outputLinks;
  private final int[] depths;
  private final int[][] outputs;
  private final Literal[] literals;
  private final int maxLength;

  /**
   * Is one literal.
   *
   * @param index its place in the list that was compiled
   * @param length in code points
   */
  record Literal(int index, int length, boolean wholeWord) {}

  private LiteralAutomaton(Builder builder, int[] failures, int[] outputLinks) {
    this.folds = builder.folds;
    this.failures = failures;
    this.outputLinks = outputLinks;
    this.literals = builder.literals.toArray(Literal[]::new);
    int states = builder.depths.size();
    this.depths = builder.depths.stream().mapToInt(Integer::intValue).toArray();
    this.outputs = new int[states][];
    builder.outputs.forEach(
        (state, list) -> outputs[state] = list.stream().mapToInt(Integer::intValue).toArray());
    this.maxLength = Arrays.stream(literals).mapToInt(Literal::length).max().orElse(0);
    int capacity = Math.max(16, Integer.highestOneBit(builder.edges.size() * 2) * 2);
    this.keys = new long[capacity];
    this.targets = new int[capacity];
    Arrays.fill(keys, EMPTY);
    builder.edges.forEach(this::put);
  }

  private void put(long key, int target) {
    int slot = slot(key);
    while (keys[slot] != EMPTY) {
      slot = (slot + 1) & (keys.length - 1);
    }
    keys[slot] = key;
    targets[slot] = target;
  }

  private int slot(long key) {
    long hash = key * 0x9e3779b97f4a7c15L;
    return (int) (hash >>> 40) & (keys.length - 1);
  }

  private static long key(int state, int codePoint) {
    return (long) state << 21 | codePoint;
  }

  private int edge(int state, int codePoint) {
    long key = key(state, codePoint);
    int slot = slot(key);
    while (true) {
      long found = keys[slot];
      if (found == key) {
        return targets[slot];
      }
      if (found == EMPTY) {
        return -1;
      }
      slot = (slot + 1) & (keys.length - 1);
    }
  }

  boolean isEmpty() {
    return literals.length == 0;
  }

  /** Returns the literals; what {@link #output} answers are places in this array. */
  Literal[] literals() {
    return literals;
  }

  /** Returns the length of the longest literal in code points. */
  int maxLength() {
    return maxLength;
  }

  /** Returns the state after a code point, {@link CodePoints#INVALID} included. */
  int next(int state, int codePoint) {
    if (codePoint < 0) {
      return 0;
    }
    int symbol = folds ? CodePoints.fold(codePoint) : codePoint;
    int from = state;
    while (true) {
      int target = edge(from, symbol);
      if (target >= 0) {
        return target;
      }
      if (from == 0) {
        return 0;
      }
      from = failures[from];
    }
  }

  /** Returns how many code points back the longest beginning of a literal reaches in a state. */
  int depth(int state) {
    return depths[state];
  }

  /** Returns the nearest state at or behind a state that has outputs, or 0 for none. */
  int firstOutput(int state) {
    return outputs[state] != null ? state : outputLinks[state];
  }

  /** Returns the next state behind one with outputs that has outputs too, or 0 for none. */
  int nextOutput(int state) {
    return outputLinks[state];
  }

  /** Returns the literals that end in a state with outputs. */
  int[] output(int state) {
    return outputs[state];
  }

  /** Collects literals. */
  static final class Builder {
    private final boolean folds;
    private final Map<Long, Integer> edges = new HashMap<>();
    private final List<Integer> depths = new ArrayList<>(List.of(0));
    private final Map<Integer, List<Integer>> outputs = new HashMap<>();
    private final List<List<int[]>> children = new ArrayList<>(List.of(new ArrayList<>()));
    private final List<Literal> literals = new ArrayList<>();

    Builder(boolean folds) {
      this.folds = folds;
    }

    void add(int index, Pattern pattern) {
      int state = 0;
      int length = 0;
      var text = pattern.text();
      for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
        int codePoint = text.codePointAt(i);
        int symbol = folds ? CodePoints.fold(codePoint) : codePoint;
        state = child(state, symbol);
        length++;
      }
      outputs.computeIfAbsent(state, key -> new ArrayList<>()).add(literals.size());
      literals.add(new Literal(index, length, pattern.wholeWord()));
    }

    private int child(int state, int symbol) {
      long key = key(state, symbol);
      var there = edges.get(key);
      if (there != null) {
        return there;
      }
      int target = depths.size();
      edges.put(key, target);
      depths.add(depths.get(state) + 1);
      children.add(new ArrayList<>());
      children.get(state).add(new int[] {symbol, target});
      return target;
    }

    LiteralAutomaton build() {
      int states = depths.size();
      var failures = new int[states];
      var outputLinks = new int[states];
      var queue = new ArrayDeque<Integer>();
      queue.add(0);
      while (!queue.isEmpty()) {
        int state = queue.remove();
        for (var child : children.get(state)) {
          int target = child[1];
          int failure = state == 0 ? 0 : follow(failures, failures[state], child[0]);
          failures[target] = failure;
          outputLinks[target] = outputs.containsKey(failure) ? failure : outputLinks[failure];
          queue.add(target);
        }
      }
      return new LiteralAutomaton(this, failures, outputLinks);
    }

    private int follow(int[] failures, int start, int symbol) {
      int state = start;
      while (true) {
        var target = edges.get(key(state, symbol));
        if (target != null) {
          return target;
        }
        if (state == 0) {
          return 0;
        }
        state = failures[state];
      }
    }
  }
}
