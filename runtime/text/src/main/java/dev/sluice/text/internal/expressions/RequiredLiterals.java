package dev.sluice.text.internal.expressions;

import dev.sluice.text.internal.CodePoints;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Finds literals of which every match of a program has at least one, so that a text with none of
 * them need not be searched. Runs of takes that lead only to one another are what a match takes as
 * a whole or not at all; runs without which no match could be reached are such a set of literals.
 */
final class RequiredLiterals {
  /** Runs that are looked at; an expression with more is searched in every text. */
  private static final int MAX_RUNS = 64;

  private static final int MAX_LITERALS = 16;

  private final Program program;
  private final int[] folded;
  private final int[] ways;

  private RequiredLiterals(Program program) {
    this.program = program;
    folded = new int[program.size];
    ways = new int[program.size];
    for (int pc = 0; pc < program.size; pc++) {
      folded[pc] = program.ops[pc] == Program.TAKE ? fold(program.sets.get(program.args[pc])) : -1;
    }
  }

  /** Returns literals, case folded; empty when there are none that every match needs. */
  static List<int[]> of(Program program) {
    return new RequiredLiterals(program).find();
  }

  /** Returns what all code points of a set fold to, or -1 when they fold to different ones. */
  private static int fold(int[] ranges) {
    int folded = -1;
    for (int i = 0; i < ranges.length; i += 2) {
      if (ranges[i + 1] - ranges[i] > 1) {
        return -1;
      }
      for (int c = ranges[i]; c <= ranges[i + 1]; c++) {
        int one = CodePoints.fold(c);
        // U+FFFD stands for bytes that are no character too, which no literal finds.
        if (c == 0xfffd || (folded >= 0 && folded != one)) {
          return -1;
        }
        folded = one;
      }
    }
    return folded;
  }

  private List<int[]> find() {
    var needed = runs();
    if (needed.size() > MAX_RUNS || matchesWithout(needed)) {
      return List.of();
    }
    // The longest are kept: they are the rarest in a text.
    needed.sort(Comparator.comparingInt(run -> run.length));
    for (int i = 0; i < needed.size(); ) {
      var run = needed.remove(i);
      if (matchesWithout(needed)) {
        needed.add(i++, run);
      }
    }
    if (needed.size() > MAX_LITERALS) {
      return List.of();
    }
    return needed.stream().map(this::literal).toList();
  }

  private int[] literal(int[] run) {
    var literal = new int[run.length];
    for (int i = 0; i < run.length; i++) {
      literal[i] = folded[run[i]];
    }
    return literal;
  }

  /** Returns the longest runs of takes where each is the only way to the next. */
  private List<int[]> runs() {
    ways[program.start]++;
    for (int pc = 0; pc < program.size; pc++) {
      if (program.ops[pc] != Program.MATCH && program.ops[pc] != Program.FAIL) {
        ways[program.outs[pc]]++;
      }
      if (program.ops[pc] == Program.SPLIT) {
        ways[program.args[pc]]++;
      }
    }
    var continued = new boolean[program.size];
    for (int pc = 0; pc < program.size; pc++) {
      if (goesOn(pc)) {
        continued[program.outs[pc]] = true;
      }
    }
    var runs = new ArrayList<int[]>();
    for (int pc = 0; pc < program.size; pc++) {
      if (folded[pc] >= 0 && !continued[pc]) {
        runs.add(run(pc));
      }
    }
    return runs;
  }

  private boolean goesOn(int pc) {
    int out = program.outs[pc];
    return folded[pc] >= 0 && folded[out] >= 0 && ways[out] == 1;
  }

  private int[] run(int first) {
    var run = new ArrayList<Integer>();
    int pc = first;
    run.add(pc);
    while (goesOn(pc)) {
      pc = program.outs[pc];
      run.add(pc);
    }
    return run.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Returns whether a match can be reached that takes none of some runs. */
  private boolean matchesWithout(List<int[]> runs) {
    var seen = new boolean[program.size];
    for (var run : runs) {
      seen[run[0]] = true;
    }
    var stack = new int[program.size * 2 + 1];
    int filled = 0;
    stack[filled++] = program.start;
    while (filled > 0) {
      int pc = stack[--filled];
      if (seen[pc]) {
        continue;
      }
      seen[pc] = true;
      switch (program.ops[pc]) {
        case Program.MATCH -> {
          return true;
        }
        case Program.SPLIT -> {
          stack[filled++] = program.outs[pc];
          stack[filled++] = program.args[pc];
        }
        case Program.TAKE, Program.ASSERT -> stack[filled++] = program.outs[pc];
        default -> {}
      }
    }
    return false;
  }
}
