package dev.sluice.text.internal;

import com.google.re2j.PatternSyntaxException;
import dev.sluice.plugin.host.Patterns;
import dev.sluice.plugin.host.Patterns.Match;
import dev.sluice.text.internal.expressions.Expression;
import dev.sluice.text.internal.expressions.ExpressionScan;
import dev.sluice.text.internal.expressions.Progress;
import dev.sluice.text.internal.expressions.Runes;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/**
 * Finds expressions. Of those whose matches need one of some literals only those are searched for
 * that a text has a literal of; one pass finds them all. Where these are more than a few, another
 * pass with all expressions together tells which may have a match at all. Thread-safe.
 */
final class ExpressionSet {
  /** So many expressions are searched for one by one. */
  private static final int FEW = 4;

  private final List<Expression> expressions;
  private final LiteralAutomaton required;

  /** For each literal of {@link #required} the expression that needs it. */
  private final int[] needing;

  /** Expressions that are searched for in every text. */
  private final BitSet always = new BitSet();

  private final Progress progress;

  private ExpressionSet(List<Expression> expressions) {
    this.expressions = List.copyOf(expressions);
    progress = new Progress(expressions);
    var automaton = new LiteralAutomaton.Builder(true);
    var owners = new ArrayList<Integer>();
    for (int number = 0; number < expressions.size(); number++) {
      var literals = expressions.get(number).required();
      always.set(number, literals.isEmpty());
      for (var literal : literals) {
        automaton.add(owners.size(), literal, false);
        owners.add(number);
      }
    }
    required = automaton.build();
    needing = owners.stream().mapToInt(Integer::intValue).toArray();
  }

  boolean isEmpty() {
    return expressions.isEmpty();
  }

  /** Gives the matches of every expression, at most {@code limit} for each. */
  void scan(byte[] text, int limit, Predicate<Match> found) {
    search(
        text,
        (expression, runes) -> {
          expression.search(runes, limit, found);
          return true;
        });
  }

  boolean matches(byte[] text) {
    var found = new boolean[1];
    search(
        text,
        (expression, runes) -> {
          found[0] = expression.matches(runes);
          return !found[0];
        });
    return found[0];
  }

  /** Gives the expressions that may match, as long as they are wanted. */
  private void search(byte[] text, BiPredicate<Expression, Runes> search) {
    if (isEmpty()) {
      return;
    }
    var sought = (BitSet) always.clone();
    if (!required.isEmpty()) {
      required.mark(text, literal -> sought.set(needing[literal]));
    }
    if (sought.isEmpty()) {
      return;
    }
    var runes = Runes.of(text);
    if (sought.cardinality() > FEW) {
      sought.and(progress.matched(runes));
    }
    for (int number = sought.nextSetBit(0); number >= 0; number = sought.nextSetBit(number + 1)) {
      if (!search.test(expressions.get(number), runes)) {
        return;
      }
    }
  }

  ExpressionScan open() {
    return new ExpressionScan(expressions, progress);
  }

  /** Collects expressions. */
  static final class Builder {
    private final int count;
    private final List<Expression> expressions = new ArrayList<>();

    /**
     * Collects none yet.
     *
     * @param count how many there will be at the most
     */
    Builder(int count) {
      this.count = count;
    }

    /**
     * Compiles and adds an expression.
     *
     * @throws PatternSyntaxException when RE2 does not accept it, it may match the empty text, or
     *     it is too large
     */
    void add(int index, Patterns.Pattern pattern) {
      expressions.add(
          Expression.compile(
              index, pattern.text(), pattern.ignoreCase(), pattern.wholeWord(), count));
    }

    ExpressionSet build() {
      return new ExpressionSet(expressions);
    }
  }
}
