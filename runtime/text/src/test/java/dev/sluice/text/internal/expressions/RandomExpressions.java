package dev.sluice.text.internal.expressions;

import java.util.Random;

/** Makes expressions and texts at random, of few characters so that they meet. */
final class RandomExpressions {
  private static final String[] ATOMS = {
    "a", "b", "ab", "k", "\u212A", "é", " ", ".", "(?s:.)", "[ab]", "[^a]", "[a-k]", "\\w", "\\W",
    "\\pL", "(?i:k)", "\\n", "日"
  };
  private static final String[] ASSERTIONS = {"^", "$", "(?m:^)", "(?m:$)", "\\b", "\\B", "\\z"};
  private static final String[] REPEATS = {
    "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?"
  };
  private static final int[] ALPHABET = "aaabbk\u212A é日\n_9K".codePoints().toArray();

  private final Random random;
  private final boolean nests;

  /**
   * Makes a source.
   *
   * @param nests whether repeats may stand around repeats, and assertions anywhere
   */
  RandomExpressions(Random random, boolean nests) {
    this.random = random;
    this.nests = nests;
  }

  String expression(int depth) {
    int kind = depth == 0 ? 0 : random.nextInt(10);
    if (kind < 3) {
      return ATOMS[random.nextInt(ATOMS.length)];
    }
    if (kind < 5) {
      return expression(depth - 1) + expression(depth - 1);
    }
    if (kind < 7) {
      return "(?:" + expression(depth - 1) + "|" + expression(depth - 1) + ")";
    }
    if (kind < 9) {
      var repeated = nests ? expression(depth - 1) : ATOMS[random.nextInt(ATOMS.length)];
      return "(?:" + repeated + ")" + REPEATS[random.nextInt(REPEATS.length)];
    }
    return nests
        ? ASSERTIONS[random.nextInt(ASSERTIONS.length)] + expression(depth - 1)
        : expression(depth - 1);
  }

  String text(int longest) {
    var text = new StringBuilder();
    for (int i = random.nextInt(longest + 1); i > 0; i--) {
      text.appendCodePoint(ALPHABET[random.nextInt(ALPHABET.length)]);
    }
    return text.toString();
  }
}
