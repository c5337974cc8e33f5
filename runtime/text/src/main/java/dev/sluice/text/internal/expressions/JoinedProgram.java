package dev.sluice.text.internal.expressions;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Joins the programs of many expressions, which begin together: where some of them take or assert
 * the same, one instruction does it for all, as far as nothing else leads there. So thousands of
 * phrases are a tree, and what may be under way at a place are a few instructions, not one for each
 * phrase that begins alike. Priorities are lost. Immutable.
 */
final class JoinedProgram {
  final int start;
  final byte[] ops;
  final int[] outs;

  /** As those of a {@link Program}; those of a match are the number of its expression. */
  final int[] args;

  final List<int[]> sets;

  private JoinedProgram(Builder builder) {
    sets = builder.sets.all();
    start = builder.start;
    ops = Arrays.copyOf(builder.ops, builder.size);
    outs = Arrays.copyOf(builder.outs, builder.size);
    args = Arrays.copyOf(builder.args, builder.size);
  }

  static JoinedProgram of(List<Expression> expressions) {
    return new JoinedProgram(new Builder(new Parts(expressions)));
  }

  /** Is the programs one behind the other. */
  private static final class Parts {
    final byte[] ops;
    final int[] outs;
    final int[] args;
    final int[] starts;

    /** How many ways lead to an instruction. */
    final int[] ways;

    final CodePointSets sets = new CodePointSets();

    Parts(List<Expression> expressions) {
      int size = expressions.stream().mapToInt(Expression::size).sum();
      ops = new byte[size];
      outs = new int[size];
      args = new int[size];
      ways = new int[size];
      starts = new int[expressions.size()];
      int first = 0;
      for (int number = 0; number < starts.length; number++) {
        var program = expressions.get(number).program();
        starts[number] = first + program.start;
        ways[starts[number]]++;
        for (int pc = 0; pc < program.size; pc++) {
          take(program, pc, first, number);
        }
        first += program.size;
      }
    }

    private void take(Program program, int pc, int first, int number) {
      int at = first + pc;
      ops[at] = program.ops[pc];
      outs[at] = first + program.outs[pc];
      args[at] =
          switch (program.ops[pc]) {
            case Program.TAKE -> sets.number(program.sets.get(program.args[pc]));
            case Program.SPLIT -> first + program.args[pc];
            case Program.MATCH -> number;
            default -> program.args[pc];
          };
      if (ops[at] != Program.MATCH && ops[at] != Program.FAIL) {
        ways[outs[at]]++;
      }
      if (ops[at] == Program.SPLIT) {
        ways[args[at]]++;
      }
    }
  }

  /** Numbers instructions by their distance from the start, so that those in use lie together. */
  private static final class Builder {
    private final Parts parts;
    private final int[] numbers;
    private final ArrayDeque<Pending> queue = new ArrayDeque<>();
    final CodePointSets sets;
    final int start;
    byte[] ops = new byte[64];
    int[] outs = new int[64];
    int[] args = new int[64];
    int size;

    /** Is an instruction of which it is yet to be said where it leads: where all these do. */
    private record Pending(int number, int... parts) {}

    Builder(Parts parts) {
      this.parts = parts;
      sets = parts.sets;
      numbers = new int[parts.ops.length];
      Arrays.fill(numbers, -1);
      start = joined(parts.starts);
      while (!queue.isEmpty()) {
        fill(queue.remove());
      }
    }

    private void fill(Pending pending) {
      int number = pending.number;
      int first = pending.parts[0];
      if (ops[number] == Program.SPLIT) {
        lead(number, number(parts.outs[first]));
        int second = number(parts.args[first]);
        args[number] = second;
      } else if (ops[number] == Program.TAKE || ops[number] == Program.ASSERT) {
        lead(number, joined(Arrays.stream(pending.parts).map(pc -> parts.outs[pc]).toArray()));
      }
    }

    /** Finding where an instruction leads may make others, and with them another array. */
    private void lead(int number, int out) {
      outs[number] = out;
    }

    private int add(byte op, int out, int arg) {
      if (size == ops.length) {
        ops = Arrays.copyOf(ops, 2 * size);
        outs = Arrays.copyOf(outs, 2 * size);
        args = Arrays.copyOf(args, 2 * size);
      }
      ops[size] = op;
      outs[size] = out;
      args[size] = arg;
      return size++;
    }

    private int number(int pc) {
      if (numbers[pc] < 0) {
        numbers[pc] = add(parts.ops[pc], 0, parts.args[pc]);
        queue.add(new Pending(numbers[pc], pc));
      }
      return numbers[pc];
    }

    /** Returns an instruction that leads to all these. */
    private int joined(int... entries) {
      if (entries.length == 1) {
        return number(entries[0]);
      }
      var alike = new LinkedHashMap<Long, List<Integer>>();
      Arrays.stream(entries).forEach(pc -> sort(pc, alike));
      int joined = -1;
      for (var same : alike.values()) {
        int one = one(same);
        joined = joined < 0 ? one : add(Program.SPLIT, joined, one);
      }
      return joined < 0 ? add(Program.FAIL, 0, 0) : joined;
    }

    /** Puts the instructions that can be reached from one, and do something, to those alike. */
    private void sort(int entry, Map<Long, List<Integer>> alike) {
      var queue = new ArrayDeque<Integer>(List.of(entry));
      while (!queue.isEmpty()) {
        int pc = queue.remove();
        byte op = parts.ops[pc];
        if (parts.ways[pc] == 1 && op == Program.SPLIT) {
          queue.add(parts.outs[pc]);
          queue.add(parts.args[pc]);
        } else if (parts.ways[pc] == 1 && (op == Program.TAKE || op == Program.ASSERT)) {
          long key = (long) op << 32 | parts.args[pc];
          alike.computeIfAbsent(key, unknown -> new ArrayList<>(1)).add(pc);
        } else {
          alike.put(-1L - pc, List.of(pc));
        }
      }
    }

    private int one(List<Integer> same) {
      int pc = same.getFirst();
      if (same.size() == 1) {
        return number(pc);
      }
      int number = add(parts.ops[pc], 0, parts.args[pc]);
      queue.add(new Pending(number, same.stream().mapToInt(Integer::intValue).toArray()));
      return number;
    }
  }
}
