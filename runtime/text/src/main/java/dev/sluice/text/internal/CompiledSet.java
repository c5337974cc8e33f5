package dev.sluice.text.internal;

import dev.sluice.plugin.host.Patterns.Match;
import dev.sluice.plugin.host.Patterns.PatternSet;
import dev.sluice.plugin.host.Patterns.StreamScan;
import dev.sluice.text.internal.expressions.ExpressionScan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Is a compiled list of patterns: two automata (exact, folded) and the expressions. */
final class CompiledSet implements PatternSet {
  static final Comparator<Match> ORDER =
      Comparator.comparingLong(Match::start).thenComparingInt(Match::pattern);

  private final LiteralAutomaton exact;
  private final LiteralAutomaton folded;
  private final ExpressionSet expressions;

  CompiledSet(LiteralAutomaton exact, LiteralAutomaton folded, ExpressionSet expressions) {
    this.exact = exact;
    this.folded = folded;
    this.expressions = expressions;
  }

  @Override
  public List<Match> scan(byte[] text, int limit) {
    if (limit < 1) {
      throw PatternCompiler.refused("limit: " + limit + " (expected: at least 1)");
    }
    var found = new FirstMatches(limit);
    scan(exact, text, found::add);
    scan(folded, text, found::add);
    expressions.scan(text, limit, found::add);
    return found.inOrder();
  }

  @Override
  public boolean matches(byte[] text) {
    return matches(exact, text) || matches(folded, text) || expressions.matches(text);
  }

  private static boolean matches(LiteralAutomaton automaton, byte[] text) {
    var found = new FirstMatches(1);
    scan(
        automaton,
        text,
        match -> {
          found.add(match);
          return false;
        });
    return !found.isEmpty();
  }

  private static void scan(LiteralAutomaton automaton, byte[] text, Predicate<Match> found) {
    if (!automaton.isEmpty()) {
      new LiteralScan(automaton).feed(text, true, found);
    }
  }

  @Override
  public StreamScan open() {
    return new SetScan(
        exact.isEmpty() ? null : new LiteralScan(exact),
        folded.isEmpty() ? null : new LiteralScan(folded),
        expressions.isEmpty() ? null : expressions.open());
  }

  /** Scans a text in pieces with all parts of the set. */
  private static final class SetScan implements StreamScan {
    private final @Nullable LiteralScan exact;
    private final @Nullable LiteralScan folded;
    private final @Nullable ExpressionScan expressions;
    private long length;
    private boolean ended;

    SetScan(
        @Nullable LiteralScan exact,
        @Nullable LiteralScan folded,
        @Nullable ExpressionScan expressions) {
      this.exact = exact;
      this.folded = folded;
      this.expressions = expressions;
    }

    @Override
    public List<Match> feed(byte[] piece, boolean last) {
      if (ended) {
        throw PatternCompiler.refused("the text has ended");
      }
      ended = last;
      length += piece.length;
      var found = new ArrayList<Match>(0);
      if (exact != null) {
        exact.feed(piece, last, found::add);
      }
      if (folded != null) {
        folded.feed(piece, last, found::add);
      }
      if (expressions != null) {
        expressions.feed(piece, last, found::add);
      }
      found.sort(ORDER);
      return found;
    }

    @Override
    public long safe() {
      if (ended) {
        return length;
      }
      long safe = length;
      if (exact != null) {
        safe = Math.min(safe, exact.safe());
      }
      if (folded != null) {
        safe = Math.min(safe, folded.safe());
      }
      return expressions == null ? safe : Math.min(safe, expressions.safe());
    }
  }
}
