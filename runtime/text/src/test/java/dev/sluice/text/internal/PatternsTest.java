package dev.sluice.text.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.plugin.engine.HostServiceProvider;
import dev.sluice.plugin.host.Patterns;
import dev.sluice.plugin.host.Patterns.Kind;
import dev.sluice.plugin.host.Patterns.Match;
import dev.sluice.plugin.host.Patterns.Pattern;
import dev.sluice.plugin.host.ServiceException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PatternsTest {
  private static final Patterns PATTERNS = PatternCompiler.INSTANCE;

  @Test
  void isFoundAsAService() {
    assertThat(ServiceLoader.load(HostServiceProvider.class))
        .anyMatch(provider -> provider.type() == Patterns.class);
  }

  @Test
  void findsOverlappingLiteralsOfDifferentPatterns() {
    assertThat(scan("ushers", literal("he"), literal("she"), literal("hers"), literal("his")))
        .containsExactly(new Match(1, 1, 4), new Match(0, 2, 4), new Match(2, 2, 6));
  }

  @Test
  void doesNotOverlapMatchesOfOnePattern() {
    assertThat(scan("aaaaa", literal("aa")))
        .containsExactly(new Match(0, 0, 2), new Match(0, 2, 4));
  }

  @Test
  void countsOffsetsInBytesOfTheOriginalText() {
    assertThat(scan("naïve 日本 x", literal("日本"))).containsExactly(new Match(0, 7, 13));
  }

  @Test
  void ignoresCaseEvenWhereTheBytesDifferInNumber() {
    var kelvin = "\u212Aelvin";
    assertThat(scan(kelvin, new Pattern(Kind.LITERAL, "KELVIN", true, false)))
        .containsExactly(new Match(0, 0, 8));
    assertThat(scan(kelvin, literal("kelvin"))).isEmpty();
  }

  @Test
  void matchesWholeWordsOnly() {
    var word = new Pattern(Kind.LITERAL, "cat", false, true);
    assertThat(scan("cat concat cats _cat écat (cat)", word))
        .containsExactly(new Match(0, 0, 3), new Match(0, 28, 31));
  }

  @Test
  void findsExpressionsWithWordBoundaries() {
    var number = new Pattern(Kind.EXPRESSION, "[0-9]{3}", false, true);
    assertThat(scan("123 456 7890 123", number))
        .containsExactly(new Match(0, 0, 3), new Match(0, 4, 7), new Match(0, 13, 16));
  }

  @Test
  void aByteThatBelongsToNoCharacterEndsAWordAndMatchesNothing() {
    var text = new byte[] {'a', (byte) 0xc3, 'b', (byte) 0xff, 'a', 'b'};
    assertThat(PATTERNS.compile(List.of(literal("ab"))).scan(text, 10))
        .containsExactly(new Match(0, 4, 6));
  }

  @Test
  void answersTheFirstMatchesUpToTheLimit() {
    var set = PATTERNS.compile(List.of(literal("abc"), literal("b")));
    assertThat(set.scan(bytes("abc b"), 2)).containsExactly(new Match(0, 0, 3), new Match(1, 1, 2));
    assertThat(set.matches(bytes("xx b"))).isTrue();
    assertThat(set.matches(bytes("xx"))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a*", "(", "a|", "\\b", "(?<=a)b", "\\1"})
  void refusesExpressionsThatAreEmptyOrNotLinear(String expression) {
    var bad = new Pattern(Kind.EXPRESSION, expression, false, false);
    assertThatThrownBy(() -> PATTERNS.compile(List.of(literal("x"), bad)))
        .isInstanceOf(ServiceException.class)
        .hasMessageContaining("pattern 1");
  }

  @Test
  void refusesEmptyListsAndEmptyLiterals() {
    assertThatThrownBy(() -> PATTERNS.compile(List.of())).hasMessageContaining("no patterns");
    assertThatThrownBy(() -> PATTERNS.compile(List.of(literal(""))))
        .hasMessageContaining("pattern 0 is empty");
  }

  @Test
  void holdsBackOnlyWhatCouldBeginAMatch() {
    var scan = PATTERNS.compile(List.of(literal("secret"))).open();
    assertThat(scan.feed(bytes("hello se"), false)).isEmpty();
    assertThat(scan.safe()).isEqualTo(6);
    assertThat(scan.feed(bytes("cret world"), false)).containsExactly(new Match(0, 6, 12));
    assertThat(scan.safe()).isEqualTo(18);
    assertThat(scan.feed(bytes(" se"), true)).isEmpty();
    assertThat(scan.safe()).isEqualTo(21);
    assertThatThrownBy(() -> scan.feed(bytes("x"), true)).hasMessageContaining("ended");
  }

  @Test
  void findsThousandsOfLiteralsAtOnce() {
    var patterns = new ArrayList<Pattern>();
    for (int i = 0; i < 5_000; i++) {
      patterns.add(literal("word" + i + ";"));
    }
    var set = PATTERNS.compile(patterns);
    assertThat(set.scan(bytes("x word4999; word17; word5000;"), 100))
        .containsExactly(new Match(4999, 2, 11), new Match(17, 12, 19));
  }

  @Test
  void findsExpressionsInAStreamThatIsLongerThanTheWindow() {
    var scan = PATTERNS.compile(List.of(expression("k[0-9]+z"))).open();
    var text = bytes("k1z" + "-".repeat(20_000) + "k22z" + "-".repeat(20_000) + "k333z");
    var found = new ArrayList<Match>();
    for (int at = 0; at < text.length; at += 700) {
      int end = Math.min(at + 700, text.length);
      found.addAll(scan.feed(Arrays.copyOfRange(text, at, end), end == text.length));
    }
    assertThat(found)
        .containsExactly(
            new Match(0, 0, 3), new Match(0, 20_003, 20_007), new Match(0, 40_007, 40_012));
  }

  @Test
  void agreesWithANaiveMatcherWholeAndInPieces() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    for (int round = 0; round < 2_000; round++) {
      var patterns = new ArrayList<Pattern>();
      for (int i = 0; i <= random.nextInt(6); i++) {
        patterns.add(
            new Pattern(
                Kind.LITERAL, text(random, 4), random.nextBoolean(), random.nextInt(3) == 0));
      }
      var text = bytes(text(random, 40));
      var expected = NaiveMatcher.scan(patterns, text);
      var set = PATTERNS.compile(patterns);
      assertThat(set.scan(text, 10_000)).as("seed %d round %d", seed, round).isEqualTo(expected);
      assertThat(inPieces(set, text, random))
          .as("pieces, seed %d round %d", seed, round)
          .isEqualTo(expected);
    }
  }

  @Test
  void findsTheSameInATextThatIsCutAnywhere() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    var patterns = new ArrayList<Pattern>();
    for (int i = 0; i < 9_500; i++) {
      patterns.add(
          new Pattern(Kind.LITERAL, "w" + (char) ('a' + i % 26) + i / 26, i % 2 == 0, i % 3 == 0));
    }
    for (int i = 0; i < 500; i++) {
      var expression =
          switch (i % 4) {
            case 0 -> "x" + i + "[0-9]{2,4}";
            case 1 -> "(?:key|tok)[é=]+" + i + "\\b";
            case 2 -> i % 3 + "[a-c]+?" + i % 7;
            default -> "^é.*" + i + "$";
          };
      patterns.add(new Pattern(Kind.EXPRESSION, expression, i % 2 == 0, i % 3 == 0));
    }
    var set = PATTERNS.compile(patterns);
    var words =
        List.of("é ", "wa12 ", "WB7", "x4", "123", "key=", "tok=é1", " 2ab3", "wc", "99", "日", " ");
    var text = new StringBuilder();
    while (text.length() < 120) {
      text.append(words.get(random.nextInt(words.size())));
    }
    var bytes = bytes(text.append("499").toString());
    var expected = set.scan(bytes, 10_000);
    assertThat(expected).as("seed %d", seed).isNotEmpty();
    for (int cut = 0; cut <= bytes.length; cut++) {
      var scan = set.open();
      var found = new ArrayList<>(scan.feed(Arrays.copyOf(bytes, cut), false));
      found.addAll(scan.feed(Arrays.copyOfRange(bytes, cut, bytes.length), true));
      found.sort(CompiledSet.ORDER);
      assertThat(found).as("seed %d, cut at %d: %s", seed, cut, text).isEqualTo(expected);
    }
  }

  @Test
  void keepsNoMoreThanItAnswersOfATextFullOfMatches() {
    var patterns = new ArrayList<Pattern>();
    for (int i = 1; i <= 100; i++) {
      patterns.add(literal("a".repeat(i)));
    }
    var expected = NaiveMatcher.scan(patterns, bytes("a".repeat(500))).subList(0, 250);
    var found = PATTERNS.compile(patterns).scan(bytes("a".repeat(50_000)), 250);
    assertThat(found).isEqualTo(expected);
  }

  @Test
  void findsManyExpressionsTogetherAsOneByOne() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    var patterns = new ArrayList<Pattern>();
    for (int i = 0; i < 60; i++) {
      var word = text(random, 3).replace('_', 'k').strip().toLowerCase(Locale.ROOT);
      var expression =
          List.of("x?%s[a-k]+", "(?:%s|日)b", "%s.{0,3}b", "\\b%s\\b", "[^%s ]{2,}?a$")
              .get(i % 5)
              .formatted(word.isEmpty() ? "a" : word);
      patterns.add(new Pattern(Kind.EXPRESSION, expression, i % 2 == 0, i % 3 == 0));
    }
    var set = PATTERNS.compile(patterns);
    var alone = patterns.stream().map(pattern -> PATTERNS.compile(List.of(pattern))).toList();
    for (int round = 0; round < 200; round++) {
      var text = bytes(text(random, 60));
      var expected = new ArrayList<Match>();
      for (int i = 0; i < patterns.size(); i++) {
        for (var match : alone.get(i).scan(text, 100)) {
          expected.add(new Match(i, match.start(), match.end()));
        }
      }
      expected.sort(CompiledSet.ORDER);
      assertThat(set.scan(text, 10_000)).as("seed %d round %d", seed, round).isEqualTo(expected);
      assertThat(set.matches(text)).isEqualTo(!expected.isEmpty());
      assertThat(inPieces(set, text, random))
          .as("pieces, seed %d round %d", seed, round)
          .isEqualTo(expected);
    }
  }

  private static List<Match> inPieces(Patterns.PatternSet set, byte[] text, Random random) {
    var scan = set.open();
    var found = new ArrayList<Match>();
    int at = 0;
    while (at <= text.length) {
      int end = Math.min(text.length, at + random.nextInt(4));
      long safe = scan.safe();
      boolean last = end == text.length;
      for (var match : scan.feed(Arrays.copyOfRange(text, at, end), last)) {
        assertThat(match.start())
            .as("begins at or after what was safe")
            .isGreaterThanOrEqualTo(safe);
        found.add(match);
      }
      assertThat(scan.safe()).isBetween(safe, (long) end);
      if (last) {
        break;
      }
      at = end;
    }
    found.sort(CompiledSet.ORDER);
    return found;
  }

  private static String text(Random random, int longest) {
    var alphabet = "aAbBkK\u212A_ é日\ud83d\ude00".codePoints().toArray();
    var text = new StringBuilder();
    for (int i = 0; i <= random.nextInt(longest); i++) {
      text.appendCodePoint(alphabet[random.nextInt(alphabet.length)]);
    }
    return text.toString();
  }

  private static List<Match> scan(String text, Pattern... patterns) {
    return PATTERNS.compile(List.of(patterns)).scan(bytes(text), 1_000);
  }

  private static Pattern literal(String text) {
    return new Pattern(Kind.LITERAL, text, false, false);
  }

  private static Pattern expression(String text) {
    return new Pattern(Kind.EXPRESSION, text, false, false);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
