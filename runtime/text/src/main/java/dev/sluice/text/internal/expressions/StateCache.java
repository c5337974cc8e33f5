package dev.sluice.text.internal.expressions;

import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Keeps the states that an automaton was seen in, up to a bound in bytes; past it the cache is
 * thrown away and another begun, which the caller does. Thread-safe.
 */
final class StateCache<S> {
  private final long maxBytes;
  private final ConcurrentMap<Key, S> states = new ConcurrentHashMap<>();
  private final AtomicLong bytes = new AtomicLong();

  /** Is a set of instructions with what else makes a state. */
  @SuppressWarnings("ArrayRecordComponent") // compared by content below, never written
  record Key(long[] set, int tag) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Key key && key.tag == tag && Arrays.equals(key.set, set);
    }

    @Override
    public int hashCode() {
      return 31 * Arrays.hashCode(set) + tag;
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
  S get(Key key, long size, Function<Key, S> make) {
    var known = states.get(key);
    if (known != null) {
      return known;
    }
    bytes.addAndGet(size);
    return states.computeIfAbsent(key, make);
  }

  boolean isFull() {
    return bytes.get() > maxBytes;
  }
}
