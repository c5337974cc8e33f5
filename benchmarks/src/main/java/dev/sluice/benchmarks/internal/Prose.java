package dev.sluice.benchmarks.internal;

import java.util.Random;

/** Makes text of a small vocabulary, the same from the same seed. */
public final class Prose {
  private static final String[] SYLLABLES = {
    "ba", "con", "de", "er", "fil", "ga", "his", "in", "ject", "ka", "lo", "ma", "ne", "or", "pro",
    "qu", "ra", "sen", "ti", "un", "ver", "wa", "ex", "ly", "zen"
  };

  private final Random random;

  /** Makes a source. */
  public Prose(long seed) {
    random = new Random(seed);
  }

  /** Returns a word of one to four syllables. */
  public String word() {
    var word = new StringBuilder();
    for (int i = random.nextInt(4); i >= 0; i--) {
      word.append(SYLLABLES[random.nextInt(SYLLABLES.length)]);
    }
    return word.toString();
  }

  /** Returns a number below a bound. */
  public int number(int bound) {
    return random.nextInt(bound);
  }

  /** Returns words with a number here and there, separated by spaces. */
  public String words(int count) {
    var text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(i == 0 ? "" : " ")
          .append(random.nextInt(20) == 0 ? random.nextInt(10_000) : word());
    }
    return text.toString();
  }
}
