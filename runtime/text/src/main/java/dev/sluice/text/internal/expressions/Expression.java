package dev.sluice.text.internal.expressions;

import com.google.re2j.PatternSyntaxException;
import com.google.re2j.Re2Program;
import dev.sluice.plugin.host.Patterns.Match;
import java.util.BitSet;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds all matches of an expression that RE2/J has compiled, as Perl would take them, in time
 * linear in the text: however many there are, and however far an attempt has to read.
 *
 * <p>The text is read twice. Backwards, {@link Survivors} tells at each place which instructions
 * can still reach a match; the places where the first one can are those where matches begin.
 * Forwards from such a place, the program is followed, always the preferred way among those that
 * can reach a match, so no way is ever gone in vain. A search for one match after another would
 * read the rest of the text for each. (The idea is that of greedy parsing in two passes: Frisch and
 * Cardelli, 2004.)
 *
 * <p>Immutable but for caches; thread-safe.
 */
public final class Expression {
  /** Places between two whose state is kept until the way back. */
  private static final int BLOCK = 1024;

  /** Bytes of states that all expressions of a set may keep, and the least for each. */
  private static final long CACHE = 32L << 20;

  private static final long LEAST_CACHE = 16 << 10;
  private static final long MOST_CACHE = 1 << 20;

  private final int index;
  private final Program program;
  private final Survivors survivors;

  /** Is told of matches. */
  @FunctionalInterface
  interface Found {
    /** Takes a match, between two code points of the text; says whether to go on. */
    boolean match(int start, int end);
  }

  private Expression(int index, Program program, long cacheBytes) {
    this.index = index;
    this.program = program;
    survivors = new Survivors(program, cacheBytes);
  }

  /**
   * Compiles an expression.
   *
   * @param index its place in the list that is compiled
   * @param count how many expressions the set may have, which share the memory for states
   * @throws PatternSyntaxException when RE2 does not accept it, it matches the empty text, or it is
   *     too large
   */
  public static Expression compile(
      int index, String text, boolean ignoreCase, boolean wholeWord, int count) {
    var compiled = Re2Program.compile(text, ignoreCase, Program.MAX_SIZE);
    var program = Program.of(compiled, wholeWord);
    if (program.mayBeEmpty()) {
      throw new PatternSyntaxException("matches the empty text", text);
    }
    return new Expression(
        index, program, Math.clamp(CACHE / Math.max(1, count), LEAST_CACHE, MOST_CACHE));
  }

  /** Returns its place in the list that was compiled. */
  public int index() {
    return index;
  }

  /**
   * Returns literals, case folded, of which every match has one; empty when there are none such.
   */
  public List<int[]> required() {
    return RequiredLiterals.of(program);
  }

  /** Returns how many instructions it has. */
  public int size() {
    return program.size;
  }

  Program program() {
    return program;
  }

  /** Gives the first matches in a whole text, up to a limit or as long as they are wanted. */
  public void search(Runes text, int limit, Predicate<Match> found) {
    var left = new int[] {limit};
    search(
        text,
        0,
        text.size(),
        Neighbour.NONE,
        (start, end) ->
            found.test(new Match(index, text.offset(start), text.offset(end))) && --left[0] > 0);
  }

  /** Returns whether a text has a match. */
  public boolean matches(Runes text) {
    return new Search(text, 0, text.size(), Neighbour.NONE).isFound();
  }

  /**
   * Finds the matches between two places.
   *
   * @param after the {@link Neighbour} behind the last place
   */
  void search(Runes text, int from, int to, int after, Found found) {
    var search = new Search(text, from, to, after);
    if (!search.isFound()) {
      return;
    }
    for (int start = search.begin(from); start >= 0; ) {
      int end = search.end(start);
      if (!found.match(start, end)) {
        return;
      }
      start = search.begin(end);
    }
  }

  /** Is one search. */
  private final class Search {
    private final Runes text;
    private final int from;
    private final int to;
    private final Survivors.State last;

    /** States at the multiples of {@link #BLOCK}. */
    private final Survivors.State[] kept;

    private @Nullable BitSet begins;

    /** States at the places of one block and at the one behind it. */
    private final Survivors.State[] states = new Survivors.State[BLOCK + 1];

    private int loaded = -1;
    private final int[] stack = new int[program.size + 1];
    private final int[] visited = new int[program.size];
    private int visit;

    Search(Runes text, int from, int to, int after) {
      this.text = text;
      this.from = from;
      this.to = to;
      last = survivors.end(after);
      kept = new Survivors.State[to / BLOCK + 1];
      read();
    }

    private void read() {
      var state = last;
      for (int i = to; ; i--) {
        if (i % BLOCK == 0) {
          kept[i / BLOCK] = state;
        }
        int ofClass = i == 0 ? -1 : program.alphabet.of(text.at(i - 1));
        if ((state.begins & 1 << before(ofClass)) != 0) {
          if (begins == null) {
            begins = new BitSet(to + 1);
          }
          begins.set(i);
        }
        if (i == from) {
          return;
        }
        state = state.before(ofClass);
      }
    }

    private int before(int ofClass) {
      return ofClass < 0 ? Neighbour.NONE : program.alphabet.kind(ofClass);
    }

    boolean isFound() {
      return begins != null;
    }

    /** Returns where the next match begins, or -1. */
    int begin(int at) {
      return begins == null ? -1 : begins.nextSetBit(at);
    }

    /** Returns where the match ends that begins at a place. */
    int end(int start) {
      int pc = program.start;
      for (int i = start; ; i++) {
        pc = choose(pc, state(i), i == 0 ? Neighbour.NONE : kindBefore(i));
        if (program.ops[pc] == Program.MATCH) {
          return i;
        }
        pc = program.outs[pc];
      }
    }

    private int kindBefore(int place) {
      return program.alphabet.kind(program.alphabet.of(text.at(place - 1)));
    }

    /** Follows the program to the next take or match, as RE2 prefers. */
    private int choose(int from, Survivors.State state, int before) {
      visit++;
      int filled = 0;
      stack[filled++] = from;
      while (filled > 0) {
        int pc = stack[--filled];
        if (visited[pc] == visit || !state.isAlive(pc, before)) {
          continue;
        }
        visited[pc] = visit;
        switch (program.ops[pc]) {
          case Program.TAKE, Program.MATCH -> {
            return pc;
          }
          case Program.SPLIT -> {
            stack[filled++] = program.args[pc];
            stack[filled++] = program.outs[pc];
          }
          default -> stack[filled++] = program.outs[pc];
        }
      }
      throw new IllegalStateException("an instruction that reaches a match leads to none");
    }

    private Survivors.State state(int place) {
      int block = place / BLOCK;
      if (block != loaded) {
        load(block);
      }
      return states[place - block * BLOCK];
    }

    private void load(int block) {
      int first = block * BLOCK;
      int end = Math.min(to, first + BLOCK);
      var state = end == to ? last : kept[end / BLOCK];
      for (int i = end; ; i--) {
        states[i - first] = state;
        if (i == Math.max(from, first)) {
          break;
        }
        state = state.before(program.alphabet.of(text.at(i - 1)));
      }
      loaded = block;
    }
  }
}
