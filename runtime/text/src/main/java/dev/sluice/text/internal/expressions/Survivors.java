package dev.sluice.text.internal.expressions;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads a text from its end to its beginning, and knows at each place which instructions a match
 * can be reached from: a deterministic automaton over sets of instructions, made as it is used.
 * Thread-safe; a step takes time bounded by the size of the program.
 */
final class Survivors {
  private final Program program;
  private final int words;
  private final int[][] takesTo;
  private final int[][] stepsTo;
  private final int match;
  private final StateCache<State> states;

  /** By the {@link Neighbour} behind; written without a lock, as those of states are. */
  private final @Nullable State[] ends = new State[Neighbour.KINDS];

  /** Is what is known at a place of the text, but for the code point before it. */
  final class State extends StateCache.State {
    /** By the kind of the code point before: all instructions that can reach a match. */
    private final long[][] alive;

    /** Bit k: a match begins here when the code point before is of kind k. */
    final int begins;

    /** By class of the code point before; written without a lock, each state is complete. */
    private final @Nullable State[] next;

    /**
     * Is made of the takes that take the code point behind a place and can reach a match from
     * there.
     */
    private State(StateCache.Generation<State> generation, long[] taken, int after) {
      super(generation);
      next = new State[program.alphabet.size()];
      alive = new long[program.asserts ? Neighbour.KINDS : 1][];
      int mask = 0;
      for (int before = 0; before < alive.length; before++) {
        alive[before] = close(taken, before, after);
        mask |= Bits.has(alive[before], program.start) ? 1 << before : 0;
      }
      begins = program.asserts ? mask : mask == 0 ? 0 : -1;
    }

    /** Returns the state one place towards the beginning, over a code point of a class. */
    State before(int ofClass) {
      var known = next[ofClass];
      return known != null ? known : make(ofClass);
    }

    private State make(int ofClass) {
      int kind = program.alphabet.kind(ofClass);
      var here = alive[program.asserts ? kind : 0];
      var survivors = new long[words];
      for (int pc = Bits.first(here, 0); pc >= 0; pc = Bits.first(here, pc + 1)) {
        for (int take : takesTo[pc]) {
          if (program.alphabet.takes(program.args[take], ofClass)) {
            Bits.set(survivors, take);
          }
        }
      }
      var made = state(survivors, program.asserts ? kind : Neighbour.OTHER);
      if (mayLeadTo(made)) {
        next[ofClass] = made;
      }
      return made;
    }

    @Override
    void unlink() {
      Arrays.fill(next, null);
    }

    /** Returns whether a match can be reached from an instruction at this place. */
    boolean isAlive(int pc, int before) {
      return Bits.has(alive[program.asserts ? before : 0], pc);
    }
  }

  Survivors(Program program, long cacheBytes) {
    this.program = program;
    states = new StateCache<>(cacheBytes);
    words = Bits.words(program.size);
    takesTo = program.predecessors(true);
    stepsTo = program.predecessors(false);
    int found = -1;
    for (int pc = 0; pc < program.size; pc++) {
      found = program.ops[pc] == Program.MATCH ? pc : found;
    }
    match = found;
  }

  /** Returns the state at the end of what is searched. */
  State end(int after) {
    int kind = program.asserts ? after : Neighbour.OTHER;
    var known = ends[kind];
    if (known == null || !states.isCurrent(known)) {
      known = state(new long[words], kind);
      ends[kind] = known;
    }
    return known;
  }

  private State state(long[] taken, int after) {
    long size = 100 + 8L * words * (program.asserts ? 6 : 2) + 4L * program.alphabet.size();
    return states.get(
        new StateCache.Key(taken, after), size, into -> new State(into, taken, after));
  }

  private long[] close(long[] taken, int before, int after) {
    var alive = taken.clone();
    if (match < 0) {
      return alive;
    }
    Bits.set(alive, match);
    var queue = new int[program.size];
    int filled = 0;
    for (int pc = Bits.first(alive, 0); pc >= 0; pc = Bits.first(alive, pc + 1)) {
      queue[filled++] = pc;
    }
    while (filled > 0) {
      for (int pc : stepsTo[queue[--filled]]) {
        if (!Bits.has(alive, pc)
            && (program.ops[pc] != Program.ASSERT
                || Neighbour.hold(program.args[pc], before, after))) {
          Bits.set(alive, pc);
          queue[filled++] = pc;
        }
      }
    }
    return alive;
  }
}
