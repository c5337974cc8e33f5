package dev.sluice.text.internal.tokens;

/**
 * Counts what makes tokenizers differ: the characters of a text by group of scripts, digits, and
 * white space that follows white space.
 */
final class TextShape {
  /** How many groups there are. */
  static final int GROUPS = 11;

  private static final int DIGIT = 0;
  private static final int LATIN = 1;
  private static final int LATIN_MARKS = 2;
  private static final int GREEK_CYRILLIC = 3;
  private static final int HEBREW_ARABIC = 4;
  private static final int INDIC = 5;
  private static final int SOUTHEAST_ASIAN = 6;
  private static final int KANA = 7;
  private static final int HAN = 8;
  private static final int HANGUL = 9;
  private static final int SPACE = 10;
  private static final int NONE = -1;

  private TextShape() {}

  /** Counts the characters of each group between two offsets. */
  static int[] of(String text, int from, int to) {
    var counts = new int[GROUPS];
    boolean afterSpace = false;
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      boolean space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
      if (space) {
        counts[SPACE] += afterSpace ? 1 : 0;
      } else if (c >= '0' && c <= '9') {
        counts[DIGIT]++;
      } else if (c >= 0x80) {
        int group = group(c);
        if (group != NONE) {
          counts[group]++;
        }
      }
      afterSpace = space;
    }
    return counts;
  }

  private static int group(char c) {
    if (c < 0x250) {
      return LATIN;
    }
    if (c < 0x590) {
      return c < 0x370 ? (c >= 0x300 ? LATIN_MARKS : NONE) : c < 0x530 ? GREEK_CYRILLIC : NONE;
    }
    if (c < 0x1000) {
      return c < 0x700 ? HEBREW_ARABIC : c < 0x900 ? NONE : c < 0xe00 ? INDIC : SOUTHEAST_ASIAN;
    }
    if (c >= 0x1e00 && c <= 0x1eff) {
      return LATIN_MARKS;
    }
    if (c >= 0x3040 && c <= 0x30ff) {
      return KANA;
    }
    if (c >= 0x3400 && c <= 0x9fff) {
      return HAN;
    }
    return c >= 0xac00 && c <= 0xd7af ? HANGUL : NONE;
  }
}
