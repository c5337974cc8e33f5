package com.google.re2j;

import java.util.ArrayList;

/**
 * Opens the program that RE2/J compiles an expression to, which the library keeps to its package:
 * so the gateway runs exactly the expressions that RE2/J accepts, by a machine of its own. Why it
 * needs one is told in RATIONALE.md.
 */
public final class Re2Program {
  private final Prog prog;

  private Re2Program(Prog prog) {
    this.prog = prog;
  }

  /** Says what an instruction does. */
  public enum Kind {
    /** Takes one code point, then goes on at {@code out}. */
    TAKE,
    /** Tries {@code out} first, then {@code arg}. */
    SPLIT,
    /** Goes on at {@code out} where the conditions in {@code arg} hold (Go's empty-width flags). */
    ASSERT,
    /** Goes on at {@code out}. */
    JUMP,
    /** Has found a match. */
    MATCH,
    /** Never finds one. */
    FAIL
  }

  /**
   * Compiles an expression.
   *
   * @param maxSize instructions that it may have, counted before repeats are written out
   * @throws PatternSyntaxException when RE2 does not accept it, or it is too large
   */
  public static Re2Program compile(String expression, boolean ignoreCase, int maxSize) {
    long size = size(Parser.parse(expression, RE2.PERL));
    if (size > maxSize) {
      throw new PatternSyntaxException(
          size + " instructions (expected: at most " + maxSize + ")", expression);
    }
    return new Re2Program(
        Pattern.compile(expression, ignoreCase ? Pattern.CASE_INSENSITIVE : 0).re2().prog);
  }

  /** Returns about how many instructions a part of an expression becomes. */
  private static long size(Regexp part) {
    long size = part.op == Regexp.Op.LITERAL ? part.runes.length : 1;
    if (part.subs != null) {
      for (var sub : part.subs) {
        size += size(sub);
      }
    }
    if (part.op == Regexp.Op.REPEAT) {
      size *= Math.max(1, part.max < 0 ? part.min + 1 : part.max);
    }
    return size;
  }

  /** Returns how many instructions there are. */
  public int size() {
    return prog.numInst();
  }

  /** Returns the instruction to begin with. */
  public int start() {
    return prog.start;
  }

  /** Returns what an instruction does. */
  public Kind kind(int pc) {
    return switch (prog.getInst(pc).op) {
      case Inst.ALT, Inst.ALT_MATCH -> Kind.SPLIT;
      case Inst.EMPTY_WIDTH -> Kind.ASSERT;
      case Inst.CAPTURE, Inst.NOP -> Kind.JUMP;
      case Inst.MATCH -> Kind.MATCH;
      case Inst.FAIL -> Kind.FAIL;
      default -> Kind.TAKE;
    };
  }

  /** Returns where an instruction goes on. */
  public int out(int pc) {
    return prog.getInst(pc).out;
  }

  /** Returns the second way of a split or the conditions of an assertion. */
  public int arg(int pc) {
    return prog.getInst(pc).arg;
  }

  /** Returns the code points that an instruction takes: pairs of the first and last of a range. */
  public int[] ranges(int pc) {
    var inst = prog.getInst(pc);
    return switch (inst.op) {
      case Inst.RUNE_ANY -> new int[] {0, Unicode.MAX_RUNE};
      case Inst.RUNE_ANY_NOT_NL -> new int[] {0, '\n' - 1, '\n' + 1, Unicode.MAX_RUNE};
      default -> inst.runes.length == 1 ? one(inst) : inst.runes.clone();
    };
  }

  private static int[] one(Inst inst) {
    int rune = inst.runes[0];
    if (inst.op == Inst.RUNE1 || (inst.arg & RE2.FOLD_CASE) == 0) {
      return new int[] {rune, rune};
    }
    var orbit = new ArrayList<Integer>();
    orbit.add(rune);
    for (int next = Unicode.simpleFold(rune); next != rune; next = Unicode.simpleFold(next)) {
      orbit.add(next);
    }
    return orbit.stream().sorted().flatMapToInt(r -> java.util.stream.IntStream.of(r, r)).toArray();
  }
}
