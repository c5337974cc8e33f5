package dev.sluice.text.internal.expressions;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.re2j.PatternSyntaxException;
import dev.sluice.plugin.host.Patterns.Match;
import dev.sluice.text.internal.CodePoints;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExpressionTest {
  private static final int ROUNDS = 2_000;

  @Test
  void findsWhatRe2jFindsOneAfterTheOther() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    var source = new RandomExpressions(random, true);
    int compared = 0;
    for (int round = 0; round < ROUNDS; round++) {
      var text = source.text(30);
      var expression = source.expression(4);
      var compiled = compile(expression, false, false);
      if (compiled == null) {
        continue;
      }
      compared++;
      var what = "seed %d round %d: %s in %s".formatted(seed, round, expression, text);
      var expected = byRe2j(expression, text);
      assertThat(whole(compiled, text)).as(what).isEqualTo(expected);
      assertThat(compiled.matches(Runes.of(text.getBytes(UTF_8))))
          .as(what)
          .isEqualTo(!expected.isEmpty());
      assertThat(inPieces(compiled, text, random)).as("in pieces, " + what).isEqualTo(expected);
      assertThat(hasRequired(compiled, text) || expected.isEmpty())
          .as("literals, " + what)
          .isTrue();
    }
    assertThat(compared).isGreaterThan(ROUNDS / 4);
  }

  @Test
  void findsWholeWordsAsAnExpressionWithBoundariesWould() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    var source = new RandomExpressions(random, false);
    for (int round = 0; round < ROUNDS / 4; round++) {
      var text = source.text(20);
      var expression = source.expression(3);
      var compiled = compile(expression, false, true);
      if (compiled == null) {
        continue;
      }
      var what = "seed %d round %d: %s in %s".formatted(seed, round, expression, text);
      var expected = byBacktracking(expression, text);
      assertThat(whole(compiled, text)).as(what).isEqualTo(expected);
      assertThat(inPieces(compiled, text, random)).as("in pieces, " + what).isEqualTo(expected);
    }
  }

  /** Each of these reads far for every match, or has many ways to the same place. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "a.*b|a",
        "a[^b]*b|a",
        "(?:a*)*b|a",
        "(?:a|a)*b|a",
        "(?:.*a){8}b|a",
        "a.{0,500}b|a",
        "(?:a?){60}b|aa",
        "(?s)(?:x|a.*)*?y|a$|a"
      })
  @Timeout(value = 2, unit = TimeUnit.MINUTES)
  void findsManyMatchesInLinearTime(String expression) {
    // A search for one match after another would take 2 * 10^10 steps.
    int length = 200_000;
    var text = new byte[length];
    Arrays.fill(text, (byte) 'a');
    var compiled = expression(expression);
    var count = new int[1];
    compiled.search(Runes.of(text), Integer.MAX_VALUE, match -> ++count[0] > 0);
    assertThat(count[0]).isGreaterThanOrEqualTo(length / 2);
  }

  @Test
  @Timeout(value = 2, unit = TimeUnit.MINUTES)
  void takesAStreamOfSmallPiecesInLinearTime() {
    var scan = open(expression("a.*b|a"));
    var found = new ArrayList<Match>();
    for (int i = 0; i < 50_000; i++) {
      scan.feed(new byte[] {'a'}, i == 49_999, found::add);
    }
    assertThat(found).hasSize(50_000);
  }

  @Test
  void isDoneWithWhatCannotBecomeAMatch() {
    var scan = open(expression("[0-9]+-[0-9]+"), expression("é+x\\b"));
    var found = new ArrayList<Match>();
    scan.feed("call 12".getBytes(UTF_8), false, found::add);
    assertThat(scan.safe()).isEqualTo(5);
    scan.feed("3-45".getBytes(UTF_8), false, found::add);
    assertThat(scan.safe()).isEqualTo(5);
    scan.feed(" ok éx".getBytes(UTF_8), false, found::add);
    assertThat(found).containsExactly(new Match(0, 5, 11));
    assertThat(scan.safe()).isEqualTo(15);
    scan.feed("y".getBytes(UTF_8), false, found::add);
    assertThat(scan.safe()).isEqualTo(19);
    scan.feed("éx".getBytes(UTF_8), true, found::add);
    assertThat(found).containsExactly(new Match(0, 5, 11), new Match(0, 19, 22));
  }

  @ParameterizedTest
  @ValueSource(strings = {"(?:(?:a{200}){200}){200}", "(?:a|\\b)", "x*", "(?m)^$"})
  void refusesWhatIsTooLargeOrMayBeEmpty(String expression) {
    assertThatThrownBy(() -> Expression.compile(0, expression, false, false, 1))
        .isInstanceOf(PatternSyntaxException.class);
  }

  @Test
  void findsTheSameWhereStatesDoNotFitIntoTheCache() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    var text = new StringBuilder();
    for (int i = 0; i < 20_000; i++) {
      text.append("aabbc".charAt(random.nextInt(5)));
    }
    for (var expression : List.of("c[ab]{2,12}?a[ab]{1,12}c", "\\bb?[abc]{9}a[abc]{1,9}c|c.b")) {
      var compiled = Expression.compile(0, expression, false, false, 1_000_000);
      assertThat(whole(compiled, text.toString()))
          .as("seed %d: %s", seed, expression)
          .isNotEmpty()
          .isEqualTo(byRe2j(expression, text.toString()));
    }
  }

  /** Tables of sets by classes would take 400 million cells here. */
  @Test
  @Timeout(value = 1, unit = TimeUnit.MINUTES)
  void takesManyCharactersThatAreAllDifferent() {
    var text = new StringBuilder();
    for (int c = 0x10000; text.length() < 2 * 19_990; c++) {
      text.appendCodePoint(c);
    }
    var expression = expression(text.toString());
    assertThat(open(expression).safe()).isZero();
    assertThat(whole(expression, "x" + text)).containsExactly(new Match(0, 1, 1 + 4 * 19_990));
  }

  @Test
  void knowsOfExpressionsTogetherWhatItKnowsOfEach() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    var source = new RandomExpressions(random, true);
    for (int round = 0; round < ROUNDS / 20; round++) {
      var texts = new ArrayList<String>();
      var expressions = new ArrayList<Expression>();
      while (expressions.size() < 30) {
        var text = source.expression(3);
        var compiled = compile(text, random.nextInt(4) == 0, random.nextInt(4) == 0);
        if (compiled != null) {
          texts.add(text);
          expressions.add(compiled);
        }
      }
      var together = new Progress(expressions).begin();
      var apart = expressions.stream().map(one -> new Progress(List.of(one)).begin()).toList();
      var text = source.text(30);
      for (int c : text.codePoints().toArray()) {
        together = together.after(c);
        apart = apart.stream().map(state -> state.after(c)).toList();
        var matched = new ArrayList<Integer>();
        boolean idle = true;
        for (int i = 0; i < apart.size(); i++) {
          idle &= apart.get(i).idle;
          if (apart.get(i).matched.length > 0) {
            matched.add(i);
          }
        }
        var what = "seed %d round %d: %s in %s".formatted(seed, round, texts, text);
        assertThat(together.matched).as(what).containsExactly(matched.toArray(Integer[]::new));
        assertThat(together.idle).as(what).isEqualTo(idle);
      }
    }
  }

  private static ExpressionScan open(Expression... expressions) {
    return new ExpressionScan(List.of(expressions), new Progress(List.of(expressions)));
  }

  private static Expression expression(String text) {
    return Expression.compile(0, text, false, false, 1);
  }

  private static @Nullable Expression compile(String text, boolean folds, boolean wholeWord) {
    try {
      return Expression.compile(0, text, folds, wholeWord, 1);
    } catch (PatternSyntaxException e) {
      return null;
    }
  }

  private static List<Match> whole(Expression expression, String text) {
    var found = new ArrayList<Match>();
    expression.search(Runes.of(text.getBytes(UTF_8)), Integer.MAX_VALUE, found::add);
    return found;
  }

  private static List<Match> inPieces(Expression expression, String text, Random random) {
    var bytes = text.getBytes(UTF_8);
    var scan = open(expression);
    var found = new ArrayList<Match>();
    int at = 0;
    while (true) {
      int end = Math.min(bytes.length, at + random.nextInt(4));
      boolean last = end == bytes.length;
      long safe = scan.safe();
      scan.feed(
          Arrays.copyOfRange(bytes, at, end),
          last,
          match -> {
            assertThat(match.start()).isGreaterThanOrEqualTo(safe);
            return found.add(match);
          });
      assertThat(scan.safe()).isBetween(safe, (long) end);
      if (last) {
        return found;
      }
      at = end;
    }
  }

  private static boolean hasRequired(Expression expression, String text) {
    var literals = expression.required();
    var folded = fold(text);
    return literals.isEmpty()
        || literals.stream().anyMatch(l -> folded.contains(new String(l, 0, l.length)));
  }

  private static String fold(String text) {
    var folded = text.codePoints().map(CodePoints::fold).toArray();
    return new String(folded, 0, folded.length);
  }

  private static List<Match> byRe2j(String expression, String text) {
    var matcher = com.google.re2j.Pattern.compile(expression).matcher(text);
    var found = new ArrayList<Match>();
    for (int from = 0; from <= text.length() && matcher.find(from); from = matcher.end()) {
      found.add(match(text, matcher.start(), matcher.end()));
    }
    return found;
  }

  private static List<Match> byBacktracking(String expression, String text) {
    var word = "[\\p{L}\\p{N}_]";
    var matcher =
        Pattern.compile(
                "(?<!" + word + ")(?:" + expression + ")(?!" + word + ")",
                Pattern.UNICODE_CASE | Pattern.UNIX_LINES)
            .matcher(text);
    var found = new ArrayList<Match>();
    while (matcher.find()) {
      found.add(match(text, matcher.start(), matcher.end()));
    }
    return found;
  }

  private static Match match(String text, int start, int end) {
    return new Match(
        0,
        text.substring(0, start).getBytes(UTF_8).length,
        text.substring(0, end).getBytes(UTF_8).length);
  }
}
