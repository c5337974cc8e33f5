package dev.sluice.text.internal.expressions;

import com.google.re2j.Re2Program;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Is the program of an expression: instructions that take a code point, split, assert, match. What
 * leads nowhere is left out. Immutable.
 */
final class Program {
  static final byte TAKE = 0;
  static final byte SPLIT = 1;
  static final byte ASSERT = 2;
  static final byte MATCH = 3;
  static final byte FAIL = 4;

  /** Instructions of one expression; bounds what a step may cost. */
  static final int MAX_SIZE = 20_000;

  final int start;
  final int size;
  final byte[] ops;
  final int[] outs;

  /** The second way of a split, the conditions of an assertion, the set of a take. */
  final int[] args;

  /** The code points of each set, as pairs of the first and last of a range. */
  final List<int[]> sets;

  final Alphabet alphabet;
  final boolean asserts;

  private Program(Builder builder) {
    start = builder.start;
    size = builder.ops.size();
    ops = new byte[size];
    outs = new int[size];
    args = new int[size];
    int conditions = 0;
    for (int i = 0; i < size; i++) {
      ops[i] = builder.ops.get(i);
      outs[i] = builder.outs.get(i);
      args[i] = builder.args.get(i);
      conditions |= ops[i] == ASSERT ? args[i] : 0;
    }
    asserts = conditions != 0;
    sets = builder.sets.all();
    alphabet = new Alphabet(sets, Neighbour.told(conditions));
  }

  /**
   * Takes over what RE2 compiled.
   *
   * @param wholeWord whether no letter, digit or underscore may stand next to a match
   */
  static Program of(Re2Program compiled, boolean wholeWord) {
    return new Program(new Builder(compiled, wholeWord));
  }

  /** Returns whether there may be a match without a character. */
  boolean mayBeEmpty() {
    var seen = new boolean[size];
    var queue = new ArrayDeque<Integer>(List.of(start));
    while (!queue.isEmpty()) {
      int pc = queue.remove();
      if (seen[pc]) {
        continue;
      }
      seen[pc] = true;
      switch (ops[pc]) {
        case MATCH -> {
          return true;
        }
        case SPLIT -> {
          queue.add(outs[pc]);
          queue.add(args[pc]);
        }
        case ASSERT -> queue.add(outs[pc]);
        default -> {}
      }
    }
    return false;
  }

  /** Returns, for each instruction, those that go on there: takes only, or all but takes. */
  int[][] predecessors(boolean takes) {
    var lists = new ArrayList<List<Integer>>();
    for (int i = 0; i < size; i++) {
      lists.add(new ArrayList<>(1));
    }
    for (int pc = 0; pc < size; pc++) {
      if (ops[pc] == MATCH || ops[pc] == FAIL || (ops[pc] == TAKE) != takes) {
        continue;
      }
      lists.get(outs[pc]).add(pc);
      if (ops[pc] == SPLIT) {
        lists.get(args[pc]).add(pc);
      }
    }
    return lists.stream()
        .map(list -> list.stream().mapToInt(Integer::intValue).toArray())
        .toArray(int[][]::new);
  }

  /** Numbers the instructions that can be reached anew, without those that only jump. */
  private static final class Builder {
    private final Re2Program from;
    private final boolean wholeWord;
    private final int[] numbers;
    private final ArrayDeque<Integer> queue = new ArrayDeque<>();
    final List<Byte> ops = new ArrayList<>();
    final List<Integer> outs = new ArrayList<>();
    final List<Integer> args = new ArrayList<>();
    final CodePointSets sets = new CodePointSets();
    final int start;

    Builder(Re2Program from, boolean wholeWord) {
      this.from = from;
      this.wholeWord = wholeWord;
      numbers = new int[from.size()];
      Arrays.fill(numbers, -1);
      int first = wholeWord ? add(ASSERT, 0, Neighbour.WORD_BEGINS) : -1;
      int entry = number(from.start());
      while (!queue.isEmpty()) {
        fill(queue.remove());
      }
      if (wholeWord) {
        outs.set(first, entry);
      }
      start = wholeWord ? first : entry;
    }

    private int add(byte op, int out, int arg) {
      ops.add(op);
      outs.add(out);
      args.add(arg);
      return ops.size() - 1;
    }

    private int number(int target) {
      int pc = target;
      while (from.kind(pc) == Re2Program.Kind.JUMP) {
        pc = from.out(pc);
      }
      if (numbers[pc] < 0) {
        numbers[pc] = add(FAIL, 0, 0);
        queue.add(pc);
      }
      return numbers[pc];
    }

    private void fill(int pc) {
      int number = numbers[pc];
      switch (from.kind(pc)) {
        case TAKE -> set(number, TAKE, number(from.out(pc)), sets.number(from.ranges(pc)));
        case SPLIT -> set(number, SPLIT, number(from.out(pc)), number(from.arg(pc)));
        case ASSERT -> set(number, ASSERT, number(from.out(pc)), from.arg(pc));
        case MATCH -> {
          if (wholeWord) {
            set(number, ASSERT, add(MATCH, 0, 0), Neighbour.WORD_ENDS);
          } else {
            ops.set(number, MATCH);
          }
        }
        case FAIL, JUMP -> {}
      }
    }

    private void set(int number, byte op, int out, int arg) {
      ops.set(number, op);
      outs.set(number, out);
      args.set(number, arg);
    }
  }
}
