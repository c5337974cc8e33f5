package dev.sluice.wasm.internal;

import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Remembers what short byte sequences of a guest mean (header names and values, property paths), so
 * that the same bytes give the same object without an allocation. Direct-mapped and bounded; what
 * is longer than {@value #MAX_LENGTH} bytes is made anew each time. Belongs to one thread.
 *
 * <p>Identity matters beyond the garbage: codecs compare header names, and cache encodings, by
 * reference.
 */
final class BytesCache<T> {
  static final int MAX_LENGTH = 128;
  private static final int SLOTS = 256;
  private static final long MIX = 0x9E3779B97F4A7C15L;

  /** Is a byte sequence with its object. */
  private record Entry<T>(byte[] key, T value) {}

  private final @Nullable Entry<T>[] slots;
  private final Function<byte[], T> make;

  @SuppressWarnings({"unchecked", "rawtypes"}) // there are no arrays of a generic type
  BytesCache(Function<byte[], T> make) {
    slots = new Entry[SLOTS];
    this.make = make;
  }

  /** Returns the object for a range of an array. */
  T get(byte[] bytes, int offset, int length) {
    if (length > MAX_LENGTH) {
      return make.apply(Arrays.copyOfRange(bytes, offset, offset + length));
    }
    int slot = slot(bytes, offset, length);
    var entry = slots[slot];
    if (entry != null
        && Arrays.equals(entry.key, 0, entry.key.length, bytes, offset, offset + length)) {
      return entry.value;
    }
    byte[] copy = Arrays.copyOfRange(bytes, offset, offset + length);
    var made = new Entry<>(copy, make.apply(copy));
    slots[slot] = made;
    return made.value;
  }

  private static int slot(byte[] bytes, int offset, int length) {
    long hash = length;
    int at = offset;
    int end = offset + length;
    for (; at <= end - 8; at += 8) {
      hash = (hash ^ GuestMemory.get64(bytes, at)) * MIX;
      hash ^= hash >>> 32;
    }
    for (; at < end; at++) {
      hash = (hash ^ bytes[at]) * MIX;
    }
    return (int) (hash >>> 56);
  }
}
