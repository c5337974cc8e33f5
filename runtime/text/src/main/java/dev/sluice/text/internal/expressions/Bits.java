package dev.sluice.text.internal.expressions;

/** Reads and writes sets of small numbers. */
final class Bits {
  private Bits() {}

  /** Returns how many words a set of numbers below a bound takes. */
  static int words(int bound) {
    return (bound + 63) / 64;
  }

  static boolean has(long[] set, int number) {
    return (set[number >> 6] & 1L << number) != 0;
  }

  static void set(long[] set, int number) {
    set[number >> 6] |= 1L << number;
  }

  static boolean isEmpty(long[] set) {
    for (long word : set) {
      if (word != 0) {
        return false;
      }
    }
    return true;
  }

  /** Returns the first member at or after a number, or -1. */
  static int first(long[] set, int from) {
    int word = from >> 6;
    if (word >= set.length) {
      return -1;
    }
    long bits = set[word] & -1L << from;
    while (bits == 0) {
      if (++word == set.length) {
        return -1;
      }
      bits = set[word];
    }
    return (word << 6) + Long.numberOfTrailingZeros(bits);
  }
}
