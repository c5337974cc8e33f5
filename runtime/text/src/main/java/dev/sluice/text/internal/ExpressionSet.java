package dev.sluice.text.internal;

import com.google.re2j.PatternSyntaxException;
import dev.sluice.plugin.host.Patterns;
import dev.sluice.plugin.host.Patterns.Match;
import dev.sluice.text.internal.expressions.Expression;
import dev.sluice.text.internal.expressions.ExpressionScan;
import dev.sluice.text.internal.expressions.Runes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Finds expressions. Of those whose matches need one of some literals only those are searched for
 * that a text has a literal of; one pass finds them all. Thread-safe.
 */
final class ExpressionSet {
  private final List<Expression> expressions;
  private final LiteralAutomaton required;

  /** For each literal of {@link #required} the expression that needs it. */
  private final int[] needing;

  /** Expressions that are searched for in every text. */
  private final boolean[] always;

  private ExpressionSet(List<Expression> expressions) {
    this.expressions = List.copyOf(expressions);
    always = new boolean[expressions.size()];
    var automaton = new LiteralAutomaton.Builder(true);
    var owners = new ArrayList<Integer>();
    for (int number = 0; number < always.length; number++) {
      var literals = expressions.get(number).required();
      always[number] = literals.isEmpty();
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
    if (isEmpty()) {
      return;
    }
    var sought = sought(text);
    Runes runes = null;
    for (int number = 0; number < sought.length; number++) {
      if (sought[number]) {
        runes = runes == null ? Runes.of(text) : runes;
        expressions.get(number).search(runes, limit, found);
      }
    }
  }

  boolean matches(byte[] text) {
    if (isEmpty()) {
      return false;
    }
    var sought = sought(text);
    Runes runes = null;
    for (int number = 0; number < sought.length; number++) {
      if (sought[number]) {
        runes = runes == null ? Runes.of(text) : runes;
        if (expressions.get(number).matches(runes)) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean[] sought(byte[] text) {
    var sought = always.clone();
    if (!required.isEmpty()) {
      required.mark(text, literal -> sought[needing[literal]] = true);
    }
    return sought;
  }

  ExpressionScan open() {
    return new ExpressionScan(expressions);
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
