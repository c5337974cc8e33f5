package dev.sluice.text.internal.expressions;

import dev.sluice.text.internal.CodePoints;

/**
 * Says what assertions ask of the code point before a place or after it: a kind is a small number,
 * conditions are RE2's empty-width flags and two of our own.
 */
final class Neighbour {
  /** The text begins or ends here. */
  static final int NONE = 0;

  static final int LINE_FEED = 1;

  /** What {@code \w} takes. */
  static final int WORD = 2;

  /** A letter or digit beyond ASCII. */
  static final int LETTER = 3;

  static final int OTHER = 4;

  /** How many kinds there are. */
  static final int KINDS = 5;

  static final int BEGIN_LINE = 1;
  static final int END_LINE = 2;
  static final int BEGIN_TEXT = 4;
  static final int END_TEXT = 8;
  static final int WORD_BOUNDARY = 16;
  static final int NO_WORD_BOUNDARY = 32;

  /** No letter, digit or underscore stands before. */
  static final int WORD_BEGINS = 64;

  /** No letter, digit or underscore stands behind. */
  static final int WORD_ENDS = 128;

  private static final int LOOKS_AHEAD =
      END_LINE | END_TEXT | WORD_BOUNDARY | NO_WORD_BOUNDARY | WORD_ENDS;

  private Neighbour() {}

  static int of(int codePoint) {
    if (codePoint == '\n') {
      return LINE_FEED;
    }
    if (codePoint < 0 || !CodePoints.isWord(codePoint)) {
      return OTHER;
    }
    return codePoint < 128 ? WORD : LETTER;
  }

  /** Returns below which code point conditions tell the kinds apart. */
  static int told(int conditions) {
    if ((conditions & (WORD_BEGINS | WORD_ENDS)) != 0) {
      return Character.MAX_CODE_POINT + 1;
    }
    return conditions == 0 ? 0 : 128;
  }

  /** Returns whether conditions ask for the code point behind a place. */
  static boolean looksAhead(int conditions) {
    return (conditions & LOOKS_AHEAD) != 0;
  }

  /** Returns whether all conditions hold between two kinds of code points. */
  static boolean hold(int conditions, int before, int after) {
    return (conditions & ~held(before, after)) == 0;
  }

  private static int held(int before, int after) {
    int held = (before == WORD) != (after == WORD) ? WORD_BOUNDARY : NO_WORD_BOUNDARY;
    held |= before == NONE ? BEGIN_TEXT | BEGIN_LINE : before == LINE_FEED ? BEGIN_LINE : 0;
    held |= after == NONE ? END_TEXT | END_LINE : after == LINE_FEED ? END_LINE : 0;
    held |= before == WORD || before == LETTER ? 0 : WORD_BEGINS;
    held |= after == WORD || after == LETTER ? 0 : WORD_ENDS;
    return held;
  }
}
