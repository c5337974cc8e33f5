package dev.sluice.text.internal;

import dev.sluice.plugin.host.Patterns.Pattern;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds many literals at once (Aho and Corasick, 1975), over code points so that folding case may
 * change the number of bytes. Immutable.
 *
 * <p>Code points that stand in literals are numbered as symbols. States are numbered by depth, 0 is
 * the root. The first ones, where a text nearly always is, have a row with the next state for every
 * symbol; the others find theirs in one open-addressing table keyed by state and symbol, or else
 * those of their failure link. So memory grows with the patterns, a scan is linear, and mostly one
 * load for each character. Guarded by {@code PatternBench}.
 */
final class LiteralAutomaton {
  /** Cells of rows. */
  private static final int ROWS = 1 << 19;

  private static final int ASCII = 128;
  private static final int PAGE = 8;
  private static final long EMPTY = -1;

  private final boolean folds;

  /** Symbols of ASCII code points, folded where the automaton folds; 0 is none of them. */
  private final int[] ascii = new int[ASCII];

  /** Symbols of the others, in pages of consecutive code points. */
  private final int[] @Nullable [] pages;

  private final int symbols;
  private final int dense;
  private final int[] rows;
  private final long[] keys;
  private final int[] targets;
  private final int[] failures;
  private final int[] firstOutputs;
  private final int[] nextOutputs;
  private final int[] depths;
  private final int[][] outputs;
  private final Literal[] literals;
  private final int maxLength;
  private final boolean wholeWords;

  /**
   * Is one literal.
   *
   * @param index its place in the list that was compiled
   * @param length in code points
   */
  record Literal(int index, int length, boolean wholeWord) {}

  private LiteralAutomaton(Builder builder) {
    folds = builder.folds;
    literals = builder.literals.toArray(Literal[]::new);
    maxLength = Arrays.stream(literals).mapToInt(Literal::length).max().orElse(0);
    wholeWords = Arrays.stream(literals).anyMatch(Literal::wholeWord);
    symbols = builder.symbols.size() + 1;
    int highest = builder.symbols.keySet().stream().mapToInt(c -> c).max().orElse(0);
    pages = new int[(highest >> PAGE) + 1][];
    builder.symbols.forEach(this::number);
    var order = builder.byDepth();
    int states = order.length;
    var renumbered = new int[states];
    for (int i = 0; i < states; i++) {
      renumbered[order[i]] = i;
    }
    depths = new int[states];
    failures = new int[states];
    outputs = new int[states][];
    firstOutputs = new int[states];
    nextOutputs = new int[states];
    int capacity = Math.max(16, Integer.highestOneBit(states * 2) * 2);
    keys = new long[capacity];
    targets = new int[capacity];
    Arrays.fill(keys, EMPTY);
    dense = Math.min(states, Math.max(1, ROWS / symbols));
    rows = new int[dense * symbols];
    for (int state = 0; state < states; state++) {
      fill(builder, order[state], state, renumbered);
    }
  }

  private void number(int codePoint, int symbol) {
    if (codePoint >= ASCII) {
      var page = pages[codePoint >> PAGE];
      if (page == null) {
        page = new int[1 << PAGE];
        pages[codePoint >> PAGE] = page;
      }
      page[codePoint & (1 << PAGE) - 1] = symbol;
      return;
    }
    ascii[codePoint] = symbol;
    if (folds && codePoint >= 'a' && codePoint <= 'z') {
      ascii[codePoint - 32] = symbol;
    }
  }

  /** Takes over a state; those of lower depth are done. */
  private void fill(Builder builder, int old, int state, int[] renumbered) {
    depths[state] = builder.depths.get(old);
    outputs[state] = builder.output(old);
    if (state < dense && state > 0) {
      System.arraycopy(rows, failures[state] * symbols, rows, state * symbols, symbols);
    }
    nextOutputs[state] = state == 0 ? 0 : firstOutputs[failures[state]];
    firstOutputs[state] = outputs[state].length > 0 ? state : nextOutputs[state];
    for (var child : builder.children.get(old)) {
      int target = renumbered[child[1]];
      put((long) state << 21 | child[0], target);
      failures[target] = state == 0 ? 0 : step(failures[state], child[0]);
      if (state < dense) {
        rows[state * symbols + child[0]] = target;
      }
    }
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
    return (int) (hash >>> 32) & (keys.length - 1);
  }

  private int edge(int state, int symbol) {
    long key = (long) state << 21 | symbol;
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

  /** Returns whether some literals are found as whole words only. */
  boolean hasWholeWords() {
    return wholeWords;
  }

  /** Returns the state after a code point, {@link CodePoints#INVALID} included. */
  int next(int state, int codePoint) {
    int symbol = codePoint >= 0 && codePoint < ASCII ? ascii[codePoint] : other(codePoint);
    return symbol == 0 ? 0 : step(state, symbol);
  }

  private int other(int codePoint) {
    if (codePoint < 0) {
      return 0;
    }
    int folded = folds ? CodePoints.fold(codePoint) : codePoint;
    // What folds into ASCII, such as the Kelvin sign, is not in the pages.
    if (folded < ASCII) {
      return ascii[folded];
    }
    var page = folded >> PAGE < pages.length ? pages[folded >> PAGE] : null;
    return page == null ? 0 : page[folded & (1 << PAGE) - 1];
  }

  private int step(int from, int symbol) {
    int state = from;
    while (state >= dense) {
      int target = edge(state, symbol);
      if (target >= 0) {
        return target;
      }
      state = failures[state];
    }
    return rows[state * symbols + symbol];
  }

  /** Names each literal that stands in a text, at least once. */
  void mark(byte[] text, IntConsumer found) {
    var seen = new BitSet();
    int state = 0;
    for (int at = 0; at < text.length; ) {
      int codePoint = CodePoints.read(text, at, text.length);
      state = next(state, codePoint);
      at += CodePoints.width(codePoint);
      for (int out = firstOutputs[state]; out != 0 && !seen.get(out); out = nextOutputs[out]) {
        seen.set(out);
        for (int literal : outputs[out]) {
          found.accept(literal);
        }
      }
    }
  }

  /** Returns how many code points back the longest beginning of a literal reaches in a state. */
  int depth(int state) {
    return depths[state];
  }

  /** Returns the nearest state at or behind a state that has outputs, or 0 for none. */
  int firstOutput(int state) {
    return firstOutputs[state];
  }

  /** Returns the next state behind one with outputs that has outputs too, or 0 for none. */
  int nextOutput(int state) {
    return nextOutputs[state];
  }

  /** Returns the literals that end in a state with outputs. */
  int[] output(int state) {
    return outputs[state];
  }

  /** Collects literals. */
  static final class Builder {
    private static final int[] NONE = {};

    private final boolean folds;
    private final Map<Integer, Integer> symbols = new HashMap<>();
    private final Map<Long, Integer> edges = new HashMap<>();
    private final List<Integer> depths = new ArrayList<>(List.of(0));
    private final Map<Integer, List<Integer>> outputs = new HashMap<>();

    /** For each state the symbols of its edges, and where they lead. */
    private final List<List<int[]>> children = new ArrayList<>(List.of(new ArrayList<>()));

    private final List<Literal> literals = new ArrayList<>();

    Builder(boolean folds) {
      this.folds = folds;
    }

    void add(int index, Pattern pattern) {
      add(index, pattern.text().codePoints().toArray(), pattern.wholeWord());
    }

    void add(int index, int[] codePoints, boolean wholeWord) {
      int state = 0;
      for (int codePoint : codePoints) {
        int folded = folds ? CodePoints.fold(codePoint) : codePoint;
        state = child(state, symbols.computeIfAbsent(folded, c -> symbols.size() + 1));
      }
      outputs.computeIfAbsent(state, key -> new ArrayList<>(1)).add(literals.size());
      literals.add(new Literal(index, codePoints.length, wholeWord));
    }

    private int child(int state, int symbol) {
      long key = (long) state << 21 | symbol;
      var there = edges.get(key);
      if (there != null) {
        return there;
      }
      int target = depths.size();
      edges.put(key, target);
      depths.add(depths.get(state) + 1);
      children.add(new ArrayList<>(1));
      children.get(state).add(new int[] {symbol, target});
      return target;
    }

    private int[] output(int state) {
      var list = outputs.get(state);
      return list == null ? NONE : list.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Returns the states, those of lower depth first. */
    private int[] byDepth() {
      var order = new int[depths.size()];
      int filled = 1;
      for (int i = 0; i < filled; i++) {
        for (var child : children.get(order[i])) {
          order[filled++] = child[1];
        }
      }
      return order;
    }

    LiteralAutomaton build() {
      return new LiteralAutomaton(this);
    }
  }
}
