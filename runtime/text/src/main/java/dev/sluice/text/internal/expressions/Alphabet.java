package dev.sluice.text.internal.expressions;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Puts code points into classes that a program cannot tell apart, so that automata have one
 * transition for each class. A byte that is no character counts as U+FFFD. Immutable.
 */
final class Alphabet {
  private static final int ASCII = 128;
  private static final int REPLACEMENT = 0xfffd;

  /** The code points that are another kind of {@link Neighbour} than the one before them. */
  private static final int[] KIND_CHANGES =
      IntStream.rangeClosed(1, Character.MAX_CODE_POINT)
          .filter(c -> Neighbour.of(c) != Neighbour.of(c - 1))
          .toArray();

  private final int[] ascii = new int[ASCII];

  /** First code points of the intervals, ascending, and the class of each. */
  private final int[] from;

  private final int[] classes;
  private final int[] kinds;

  /** The first code point of each class. */
  private final int[] first;

  private final List<int[]> sets;

  /** Is what tells the classes apart: a sum of random numbers, one for each set, and a kind. */
  private record Signature(long high, long low, int kind) {}

  /**
   * Makes the classes for some sets of code points, in time and memory about linear in their
   * ranges.
   *
   * @param sets each as pairs of the first and last of a range
   * @param kinds below which code point the kinds of {@link Neighbour} are to be told apart
   */
  Alphabet(List<int[]> sets, int kinds) {
    this.sets = sets;
    var changes = changes(sets);
    Arrays.stream(KIND_CHANGES)
        .takeWhile(c -> c <= kinds)
        .forEach(c -> changes.computeIfAbsent(c, unknown -> new long[2]));
    from = changes.keySet().stream().mapToInt(Integer::intValue).toArray();
    classes = new int[from.length];
    var known = new LinkedHashMap<Signature, Integer>();
    var firsts = IntStream.builder();
    long high = 0;
    long low = 0;
    int at = 0;
    for (var change : changes.entrySet()) {
      int codePoint = change.getKey();
      high += change.getValue()[0];
      low += change.getValue()[1];
      int kind = codePoint < kinds ? Neighbour.of(codePoint) : Neighbour.OTHER;
      int ofClass = known.size();
      var before = known.putIfAbsent(new Signature(high, low, kind), ofClass);
      classes[at++] = before == null ? ofClass : before;
      if (before == null) {
        firsts.add(codePoint);
      }
    }
    first = firsts.build().toArray();
    this.kinds = known.keySet().stream().mapToInt(Signature::kind).toArray();
    for (int c = 0; c < ASCII; c++) {
      ascii[c] = find(c);
    }
  }

  /** Returns by how much the sums change at the bounds of ranges. */
  private static SortedMap<Integer, long[]> changes(List<int[]> sets) {
    var random = new SplittableRandom();
    var changes = new TreeMap<Integer, long[]>();
    changes.put(0, new long[2]);
    for (var ranges : sets) {
      long high = random.nextLong();
      long low = random.nextLong();
      for (int i = 0; i < ranges.length; i += 2) {
        change(changes, ranges[i], high, low);
        change(changes, ranges[i + 1] + 1, -high, -low);
      }
    }
    return changes;
  }

  private static void change(SortedMap<Integer, long[]> changes, int at, long high, long low) {
    var sums = changes.computeIfAbsent(at, unknown -> new long[2]);
    sums[0] += high;
    sums[1] += low;
  }

  private static boolean contains(int[] ranges, int codePoint) {
    int low = 0;
    int high = ranges.length / 2;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (codePoint > ranges[2 * middle + 1]) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return 2 * low < ranges.length && ranges[2 * low] <= codePoint;
  }

  int size() {
    return kinds.length;
  }

  /** Returns the class of a code point, negative ones included. */
  int of(int codePoint) {
    return codePoint >= 0 && codePoint < ASCII ? ascii[codePoint] : find(codePoint);
  }

  private int find(int codePoint) {
    int at = Arrays.binarySearch(from, codePoint < 0 ? REPLACEMENT : codePoint);
    return classes[at >= 0 ? at : -at - 2];
  }

  /** Returns the {@link Neighbour} that the code points of a class are. */
  int kind(int ofClass) {
    return kinds[ofClass];
  }

  /** Returns whether a set has the code points of a class. */
  boolean takes(int set, int ofClass) {
    return contains(sets.get(set), first[ofClass]);
  }
}
