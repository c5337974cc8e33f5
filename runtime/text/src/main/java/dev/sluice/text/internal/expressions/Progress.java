package dev.sluice.text.internal.expressions;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
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

  private final JoinedProgram program;
  private final Alphabet alphabet;

  /** The takes that a match may begin with. */
  private final int[] seeds;

  /** By class, where the seeds go on that take it; made when needed. */
  private final int[][] seedOuts;

  private final StateCache<State> states = new StateCache<>(CACHE);
  private volatile @Nullable State begin;

  /** Is what is known at a place of the text. */
  final class State extends StateCache.State {
    /** The takes that matches under way wait at; those that would begin here are left out. */
    private final int[] waiting;

    /** The expressions of which a match may end here. */
    final int[] matched;

    /** Whether nothing that began before may still become a match, or a longer one. */
    final boolean idle;

    /** By class; written without a lock, each state is complete. */
    private final @Nullable State[] next;

    private State(
        StateCache.Generation<State> generation, int[] waiting, int[] matched, boolean endsLater) {
      super(generation);
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
        if (alphabet.takes(program.args[pc], ofClass)) {
          step.add(program.outs[pc]);
        }
      }
      for (int pc : seedOuts(ofClass)) {
        step.add(pc);
      }
      var made = step.state();
      if (mayLeadTo(made)) {
        next[ofClass] = made;
      }
      return made;
    }

    @Override
    void unlink() {
      Arrays.fill(next, null);
    }
  }

  /** Joins the programs of expressions. */
  public Progress(List<Expression> expressions) {
    program = JoinedProgram.of(expressions);
    alphabet = new Alphabet(program.sets, 0);
    seedOuts = new int[alphabet.size()][];
    var starts = new Step();
    starts.add(program.start);
    starts.close();
    seeds = starts.waiting();
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
    var known = begin;
    if (known == null || !states.isCurrent(known)) {
      known = new Step().state();
      begin = known;
    }
    return known;
  }

  private int[] seedOuts(int ofClass) {
    var known = seedOuts[ofClass];
    if (known == null) {
      known =
          Arrays.stream(seeds)
              .filter(pc -> alphabet.takes(program.args[pc], ofClass))
              .map(pc -> program.outs[pc])
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
        switch (program.ops[pc]) {
          case Program.TAKE -> takes.set(pc);
          case Program.SPLIT -> {
            add(program.outs[pc]);
            add(program.args[pc]);
          }
          case Program.ASSERT -> {
            endsLater |= Neighbour.looksAhead(program.args[pc]);
            add(program.outs[pc]);
          }
          case Program.MATCH -> matched.set(program.args[pc]);
          default -> {}
        }
      }
    }

    int[] waiting() {
      return takes.isEmpty() ? NONE : takes.stream().toArray();
    }

    State state() {
      close();
      var waiting = waiting();
      var ended = matched.isEmpty() ? NONE : matched.stream().toArray();
      var key = new StateCache.Key(waiting, ended, endsLater ? 1 : 0);
      long size = 160 + 4L * waiting.length + 4L * ended.length + 4L * alphabet.size();
      return states.get(key, size, into -> new State(into, waiting, ended, endsLater));
    }
  }
}
