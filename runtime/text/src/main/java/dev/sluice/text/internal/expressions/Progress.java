package dev.sluice.text.internal.expressions;

import dev.sluice.text.internal.expressions.StateCache.Key;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Reads a text as it arrives and knows at each place whether something that may become a match has
 * begun before it: a deterministic automaton over sets of instructions, made as it is used. It
 * takes assertions for true, so it may see a beginning where there is none, never the reverse.
 * Thread-safe; a step takes time bounded by the size of the program.
 */
final class Progress {
  private static final int MATCHED = 1;
  private static final int ENDS_LATER = 2;

  private final Program program;
  private final int words;
  private final long[] seeds;
  private final long cacheBytes;
  private volatile Cache cache;

  /**
   * Is what is known now; replaced as a whole, so that no state is kept by another's transition.
   */
  private static final class Cache {
    final StateCache<State> states;
    volatile @Nullable State begin;

    Cache(long bytes) {
      states = new StateCache<>(bytes);
    }
  }

  /** Is what is known at a place of the text. */
  final class State {
    /** The takes that matches under way wait at; those that would begin here are left out. */
    private final long[] waiting;

    /** Whether a match may end here. */
    final boolean matched;

    /** Whether nothing that began before may still become a match, or a longer one. */
    final boolean idle;

    /** By class; written without a lock, each state is complete. */
    private final @Nullable State[] next;

    private State(long[] waiting, int tag) {
      this.waiting = waiting;
      matched = (tag & MATCHED) != 0;
      idle = (tag & ENDS_LATER) == 0 && Bits.isEmpty(waiting);
      next = new State[program.alphabet.size()];
    }

    /** Returns the state behind a code point of a class. */
    State after(int ofClass) {
      var known = next[ofClass];
      return known != null ? known : make(ofClass);
    }

    private State make(int ofClass) {
      var reached = new long[words];
      var queue = new ArrayDeque<Integer>();
      take(waiting, ofClass, queue);
      take(seeds, ofClass, queue);
      var made = state(reached, close(queue, reached));
      next[ofClass] = made;
      return made;
    }

    private void take(long[] set, int ofClass, ArrayDeque<Integer> queue) {
      for (int pc = Bits.first(set, 0); pc >= 0; pc = Bits.first(set, pc + 1)) {
        if (program.alphabet.takes(program.args[pc])[ofClass]) {
          queue.add(program.outs[pc]);
        }
      }
    }
  }

  Progress(Program program, long cacheBytes) {
    this.program = program;
    this.cacheBytes = cacheBytes;
    words = Bits.words(program.size);
    seeds = new long[words];
    var queue = new ArrayDeque<Integer>();
    queue.add(program.start);
    close(queue, seeds);
    cache = new Cache(cacheBytes);
  }

  /** Returns the state in which nothing has begun. */
  State begin() {
    var current = cache;
    var begin = current.begin;
    if (begin == null) {
      begin = state(new long[words], 0);
      current.begin = begin;
    }
    return begin;
  }

  private State state(long[] waiting, int tag) {
    var current = cache;
    if (current.states.isFull()) {
      current = new Cache(cacheBytes);
      cache = current;
    }
    long size = 100 + 16L * words + 4L * program.alphabet.size();
    return current.states.get(new Key(waiting, tag), size, key -> new State(key.set(), key.tag()));
  }

  /** Adds the takes that can be reached to a set, and answers what else was met on the way. */
  private int close(ArrayDeque<Integer> queue, long[] takes) {
    int tag = 0;
    var seen = new long[words];
    while (!queue.isEmpty()) {
      int pc = queue.remove();
      if (Bits.has(seen, pc)) {
        continue;
      }
      Bits.set(seen, pc);
      switch (program.ops[pc]) {
        case Program.TAKE -> Bits.set(takes, pc);
        case Program.SPLIT -> {
          queue.add(program.outs[pc]);
          queue.add(program.args[pc]);
        }
        case Program.ASSERT -> {
          tag |= Neighbour.looksAhead(program.args[pc]) ? ENDS_LATER : 0;
          queue.add(program.outs[pc]);
        }
        case Program.MATCH -> tag |= MATCHED;
        default -> {}
      }
    }
    return tag;
  }
}
