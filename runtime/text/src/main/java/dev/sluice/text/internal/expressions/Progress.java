package dev.sluice.text.internal.expressions;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a text as it arrives and knows at each place whether something has begun before it that may
 * become a match of one of many expressions: one deterministic automaton over sets of instructions
 * of all of them, made as it is used. It takes assertions for true, so it may see a beginning where
 * there is none, never the reverse. Thread-safe; a step takes time bounded by the size of the
 * programs.
 */
public final class Progress {
  /** Bytes of states that are kept. */
  private static final long CACHE = 16L << 20;

  private static final int[] NONE = {};

  private final byte[] ops;
  private final int[] outs;
  private final int[] args;

  /** The number of the expression that an instruction belongs to. */
  private final int[] owners;

  private final Alphabet alphabet;

  /** The takes that a match may begin with. */
  private final int[] seeds;

  /** By class, where the seeds go on that take it; made when needed. */
  private final int[][] seedOuts;

  private volatile Cache cache = new Cache();

  /**
   * Is what is known now; replaced as a whole, so that no state is kept by another's transition.
   */
  private static final class Cache {
    final StateCache<State> states = new StateCache<>(CACHE);
    volatile @Nullable State begin;
  }

  /** Is what is known at a place of the text. */
  final class State {
    /** The takes that matches under way wait at; those that would begin here are left out. */
    private final int[] waiting;

    /** The expressions of which a match may end here. */
    final int[] matched;

    /** Whether nothing that began before may still become a match, or a longer one. */
    final boolean idle;

    /** By class; written without a lock, each state is complete. */
    private final @Nullable State[] next;

    private State(int[] waiting, int[] matched, boolean endsLater) {
      this.waiting = waiting;
      this.matched = matched;
      idle = waiting.length == 0 && !endsLater;
      next = new State[alphabet.size()];
    }

    /** Returns the state behind a code point. */
    State after(int codePoint) {
      int ofClass = alphabet.of(codePoint);
      var known = next[ofClass];
      return known != null ? known : make(ofClass);
    }

    private State make(int ofClass) {
      var step = new Step();
      for (int pc : waiting) {
        if (alphabet.takes(args[pc])[ofClass]) {
          step.add(outs[pc]);
        }
      }
      for (int pc : seedOuts(ofClass)) {
        step.add(pc);
      }
      var made = step.state();
      next[ofClass] = made;
      return made;
    }
  }

  /** Joins the programs of expressions. */
  public Progress(List<Expression> expressions) {
    int size = expressions.stream().mapToInt(expression -> expression.program().size).sum();
    ops = new byte[size];
    outs = new int[size];
    args = new int[size];
    owners = new int[size];
    var sets = new ArrayList<int[]>();
    var numbers = new HashMap<List<Integer>, Integer>();
    int at = 0;
    var starts = new Step();
    for (int number = 0; number < expressions.size(); number++) {
      var program = expressions.get(number).program();
      int first = at;
      for (int pc = 0; pc < program.size; pc++, at++) {
        ops[at] = program.ops[pc];
        outs[at] = first + program.outs[pc];
        owners[at] = number;
        args[at] =
            switch (program.ops[pc]) {
              case Program.TAKE -> number(program.sets.get(program.args[pc]), sets, numbers);
              case Program.SPLIT -> first + program.args[pc];
              default -> program.args[pc];
            };
      }
      starts.add(first + program.start);
    }
    alphabet = new Alphabet(sets, 0);
    seedOuts = new int[alphabet.size()][];
    starts.close();
    seeds = starts.waiting();
  }

  private static int number(int[] set, List<int[]> sets, Map<List<Integer>, Integer> numbers) {
    var key = Arrays.stream(set).boxed().toList();
    return numbers.computeIfAbsent(
        key,
        unknown -> {
          sets.add(set);
          return sets.size() - 1;
        });
  }

  /** Returns the numbers of the expressions that may have a match in a text. */
  public BitSet matched(Runes text) {
    var matched = new BitSet();
    var state = begin();
    for (int i = 0; i < text.size(); i++) {
      state = state.after(text.at(i));
      for (int expression : state.matched) {
        matched.set(expression);
      }
    }
    return matched;
  }

  /** Returns the state in which nothing has begun. */
  State begin() {
    var current = cache;
    var begin = current.begin;
    if (begin == null) {
      begin = new Step().state();
      current.begin = begin;
    }
    return begin;
  }

  private int[] seedOuts(int ofClass) {
    var known = seedOuts[ofClass];
    if (known == null) {
      known =
          Arrays.stream(seeds)
              .filter(pc -> alphabet.takes(args[pc])[ofClass])
              .map(pc -> outs[pc])
              .distinct()
              .toArray();
      seedOuts[ofClass] = known;
    }
    return known;
  }

  /** Follows instructions to the takes that can be reached, and sees what is on the way. */
  private final class Step {
    private final ArrayDeque<Integer> queue = new ArrayDeque<>();
    private final BitSet seen = new BitSet();
    private final BitSet takes = new BitSet();
    private final BitSet matched = new BitSet();
    private boolean endsLater;

    void add(int pc) {
      if (!seen.get(pc)) {
        seen.set(pc);
        queue.add(pc);
      }
    }

    void close() {
      while (!queue.isEmpty()) {
        int pc = queue.remove();
        switch (ops[pc]) {
          case Program.TAKE -> takes.set(pc);
          case Program.SPLIT -> {
            add(outs[pc]);
            add(args[pc]);
          }
          case Program.ASSERT -> {
            endsLater |= Neighbour.looksAhead(args[pc]);
            add(outs[pc]);
          }
          case Program.MATCH -> matched.set(owners[pc]);
          default -> {}
        }
      }
    }

    int[] waiting() {
      return takes.isEmpty() ? NONE : takes.stream().toArray();
    }

    State state() {
      close();
      var current = cache;
      if (current.states.isFull()) {
        current = new Cache();
        cache = current;
      }
      var waiting = waiting();
      var ended = matched.isEmpty() ? NONE : matched.stream().toArray();
      var key = new StateCache.Key(waiting, ended, endsLater ? 1 : 0);
      long size = 160 + 8L * waiting.length + 8L * ended.length + 4L * alphabet.size();
      return current.states.get(key, size, () -> new State(waiting, ended, endsLater));
    }
  }
}
