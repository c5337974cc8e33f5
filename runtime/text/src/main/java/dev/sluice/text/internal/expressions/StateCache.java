package dev.sluice.text.internal.expressions;

import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Keeps the states that an automaton was seen in, up to a bound in bytes; past it the cache is
 * thrown away and another begun, which the caller does. Thread-safe.
 */
final class StateCache<S> {
  private final long maxBytes;
  private final ConcurrentMap<Key, S> states = new ConcurrentHashMap<>();
  private final AtomicLong bytes = new AtomicLong();

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
  S get(Key key, long size, Supplier<S> make) {
    var known = states.get(key);
    if (known != null) {
      return known;
    }
    bytes.addAndGet(size);
    return states.computeIfAbsent(key, unknown -> make.get());
  }

  boolean isFull() {
    return bytes.get() > maxBytes;
  }
}
