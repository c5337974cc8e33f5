package dev.sluice.text.internal.expressions;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Numbers sets of code points, equal ones alike. */
final class CodePointSets {
  private final Map<Ranges, Integer> numbers = new HashMap<>();
  private final List<int[]> all = new ArrayList<>();

  @SuppressWarnings("ArrayRecordComponent") // compared by content below, never written
  private record Ranges(int[] bounds) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Ranges ranges && Arrays.equals(ranges.bounds, bounds);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(bounds);
    }
  }

  /** Returns the number of a set, given as pairs of the first and last of a range. */
  int number(int[] ranges) {
    return numbers.computeIfAbsent(
        new Ranges(ranges),
        unknown -> {
          all.add(ranges);
          return all.size() - 1;
        });
  }

  /** Returns the sets in the order of their numbers. */
  List<int[]> all() {
    return all;
  }
}
