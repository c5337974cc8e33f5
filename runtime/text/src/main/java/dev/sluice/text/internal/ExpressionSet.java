package dev.sluice.text.internal;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.sluice.plugin.host.Patterns;
import dev.sluice.plugin.host.Patterns.Match;
import java.util.ArrayList;
import java.util.List;

/** Finds expressions by RE2: each match takes time linear in the text. Immutable. */
final class ExpressionSet {
  private static final String WORD = "\\pL\\pN_";

  private final List<Expression> expressions;

  private ExpressionSet(List<Expression> expressions) {
    this.expressions = List.copyOf(expressions);
  }

  /**
   * Is one expression.
   *
   * @param index its place in the list that was compiled
   * @param group the group that holds the match: 0, or 1 where word boundaries stand around it
   */
  private record Expression(int index, Pattern pattern, int group) {
    /** Returns where to look from, so that the character before an offset is seen if it matters. */
    int from(byte[] text, int offset) {
      if (group == 0 || offset == 0) {
        return offset;
      }
      int at = offset - 1;
      while (at > 0 && offset - at < 4 && (text[at] & 0xc0) == 0x80) {
        at--;
      }
      return at;
    }
  }

  boolean isEmpty() {
    return expressions.isEmpty();
  }

  int size() {
    return expressions.size();
  }

  /** Adds the matches of every expression to a list, at most {@code limit} for each. */
  void scan(byte[] text, int limit, List<Match> found) {
    for (int i = 0; i < expressions.size(); i++) {
      scan(i, text, 0, limit, found);
    }
  }

  /**
   * Adds the matches of one expression that begin at or after an offset.
   *
   * @param number the place of the expression in this set
   */
  void scan(int number, byte[] text, int offset, int limit, List<Match> found) {
    var expression = expressions.get(number);
    var matcher = expression.pattern.matcher(text);
    int from = expression.from(text, offset);
    for (int n = 0; n < limit && from <= text.length && matcher.find(from); ) {
      int start = matcher.start(expression.group);
      int end = matcher.end(expression.group);
      if (start < offset || start == end) {
        from = Math.max(end, from + 1);
        continue;
      }
      found.add(new Match(expression.index, start, end));
      n++;
      from = Math.max(expression.from(text, end), from + 1);
    }
  }

  boolean matches(byte[] text) {
    for (var expression : expressions) {
      if (expression.pattern.matcher(text).find()) {
        return true;
      }
    }
    return false;
  }

  /** Collects expressions. */
  static final class Builder {
    private final List<Expression> expressions = new ArrayList<>();

    /**
     * Compiles and adds an expression.
     *
     * @throws PatternSyntaxException when RE2 does not accept it
     */
    void add(int index, Patterns.Pattern pattern) {
      int flags = pattern.ignoreCase() ? Pattern.CASE_INSENSITIVE : 0;
      var plain = Pattern.compile(pattern.text(), flags);
      if (plain.matcher("").find() || isEmptyMatch(plain)) {
        throw PatternCompiler.refused(
            "pattern " + index + ": `" + pattern.text() + "` matches the empty text");
      }
      if (pattern.wholeWord()) {
        var bounded = "(?:\\A|[^" + WORD + "])(" + pattern.text() + ")(?:\\z|[^" + WORD + "])";
        expressions.add(new Expression(index, Pattern.compile(bounded, flags), 1));
      } else {
        expressions.add(new Expression(index, plain, 0));
      }
    }

    private static boolean isEmptyMatch(Pattern pattern) {
      var matcher = pattern.matcher("a");
      return matcher.find() && matcher.start() == matcher.end();
    }

    ExpressionSet build() {
      return new ExpressionSet(expressions);
    }
  }
}
