package dev.sluice.text.internal.expressions;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
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
  private final boolean[][] takes;

  /**
   * Makes the classes for some sets of code points.
   *
   * @param sets each as pairs of the first and last of a range
   * @param kinds below which code point the kinds of {@link Neighbour} are to be told apart
   */
  Alphabet(List<int[]> sets, int kinds) {
    var bounds = new TreeSet<Integer>(List.of(0));
    for (var ranges : sets) {
      for (int i = 0; i < ranges.length; i += 2) {
        bounds.add(ranges[i]);
        bounds.add(ranges[i + 1] + 1);
      }
    }
    Arrays.stream(KIND_CHANGES).takeWhile(c -> c <= kinds).forEach(bounds::add);
    from = bounds.stream().mapToInt(Integer::intValue).toArray();
    classes = new int[from.length];
    var known = new HashMap<Map.Entry<BitSet, Integer>, Integer>();
    var kindOf = new ArrayList<Integer>();
    var members = new ArrayList<BitSet>();
    for (int i = 0; i < from.length; i++) {
      var member = new BitSet();
      for (int set = 0; set < sets.size(); set++) {
        member.set(set, contains(sets.get(set), from[i]));
      }
      int kind = from[i] < kinds ? Neighbour.of(from[i]) : Neighbour.OTHER;
      var key = Map.entry(member, kind);
      classes[i] = known.computeIfAbsent(key, k -> known.size());
      if (classes[i] == kindOf.size()) {
        kindOf.add(kind);
        members.add(member);
      }
    }
    this.kinds = kindOf.stream().mapToInt(Integer::intValue).toArray();
    takes = new boolean[sets.size()][this.kinds.length];
    for (int set = 0; set < sets.size(); set++) {
      for (int c = 0; c < this.kinds.length; c++) {
        takes[set][c] = members.get(c).get(set);
      }
    }
    for (int c = 0; c < ASCII; c++) {
      ascii[c] = find(c);
    }
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

  /** Returns which classes a set has. */
  boolean[] takes(int set) {
    return takes[set];
  }
}
