package dev.sluice.proxy.route;

import org.jspecify.annotations.Nullable;

/**
 * Maps strings to values and is asked with a region of a string, so that a look-up allocates
 * nothing. Filled while a table is built, then read by all loops.
 *
 * @param <V> the values
 */
final class RegionTable<V> {
  private final boolean ignoreCase;
  private @Nullable String[] keys = new String[16];
  private Object[] values = new Object[16];
  private int size;

  RegionTable(boolean ignoreCase) {
    this.ignoreCase = ignoreCase;
  }

  int size() {
    return size;
  }

  /** Returns the value of the region, or null. */
  @SuppressWarnings("unchecked")
  @Nullable V get(String text, int from, int to) {
    int mask = keys.length - 1;
    for (int at = hash(text, from, to) & mask; ; at = (at + 1) & mask) {
      var key = keys[at];
      if (key == null) {
        return null;
      }
      if (key.length() == to - from && key.regionMatches(ignoreCase, 0, text, from, to - from)) {
        return (V) values[at];
      }
    }
  }

  void put(String key, V value) {
    if (size * 2 >= keys.length) {
      grow();
    }
    insert(key, value);
  }

  private void insert(String key, Object value) {
    int mask = keys.length - 1;
    int at = hash(key, 0, key.length()) & mask;
    while (keys[at] != null) {
      at = (at + 1) & mask;
    }
    keys[at] = key;
    values[at] = value;
    size++;
  }

  private void grow() {
    var oldKeys = keys;
    var oldValues = values;
    keys = new String[oldKeys.length * 2];
    values = new Object[oldKeys.length * 2];
    size = 0;
    for (int i = 0; i < oldKeys.length; i++) {
      var key = oldKeys[i];
      if (key != null) {
        insert(key, oldValues[i]);
      }
    }
  }

  private int hash(String text, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if (ignoreCase && c >= 'A' && c <= 'Z') {
        c = (char) (c + 32);
      }
      hash = hash * 31 + c;
    }
    hash *= 0x9E3779B9;
    return hash ^ (hash >>> 15);
  }
}
