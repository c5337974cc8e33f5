package dev.sluice.text.internal.expressions;

import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Keeps the states that an automaton was seen in, up to a bound in bytes; past it they are unlinked
 * and another generation begins. Whoever still holds a state then holds only that one. Thread-safe.
 */
final class StateCache<S extends StateCache.State> {
  private final long maxBytes;
  private volatile Generation<S> current = new Generation<>();

  /** Is the states since the bound was reached last. */
  static final class Generation<S> {
    private final ConcurrentMap<Key, S> states = new ConcurrentHashMap<>();
    private final AtomicLong bytes = new AtomicLong();
  }

  /** Is a state, which may lead to others of its generation and to no others. */
  abstract static class State {
    private final Generation<?> generation;

    State(Generation<?> generation) {
      this.generation = generation;
    }

    final boolean mayLeadTo(State other) {
      return other.generation == generation;
    }

    /** Forgets where it leads to. */
    abstract void unlink();
  }

  /** Is what makes a state: sets of instructions or what else, as arrays, and a number. */
  @SuppressWarnings("ArrayRecordComponent") // compared by content below, never written
  record Key(Object set, int[] more, int tag) {
    private static final int[] NONE = {};

    Key(long[] set, int tag) {
      this(set, NONE, tag);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Key key
          && key.tag == tag
          && Objects.deepEquals(key.set, set)
          && Arrays.equals(key.more, more);
    }

    @Override
    public int hashCode() {
      int hash =
          set instanceof long[] words ? Arrays.hashCode(words) : Arrays.hashCode((int[]) set);
      return 31 * (31 * hash + Arrays.hashCode(more)) + tag;
    }
  }

  StateCache(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /**
   * Returns the state of a key.
   *
   * @param size bytes that it takes
   */
  S get(Key key, long size, Function<Generation<S>, S> make) {
    var generation = current;
    if (generation.bytes.get() > maxBytes) {
      generation = replace(generation);
    }
    var known = generation.states.get(key);
    if (known != null) {
      return known;
    }
    generation.bytes.addAndGet(size);
    var into = generation;
    return into.states.computeIfAbsent(key, unknown -> make.apply(into));
  }

  private synchronized Generation<S> replace(Generation<S> full) {
    if (current == full) {
      current = new Generation<>();
      full.states.values().forEach(State::unlink);
    }
    return current;
  }

  boolean isCurrent(State state) {
    return state.generation == current;
  }
}
