package dev.sluice.text.internal;

/** Classifies and folds code points, and reads them from UTF-8 (RFC 3629). */
public final class CodePoints {
  /** Stands for a byte that belongs to no character. */
  public static final int INVALID = -1;

  /** Says that the bytes end inside a character. */
  public static final int INCOMPLETE = -2;

  private CodePoints() {}

  /**
   * Folds the case of one code point to one code point, as {@link String#equalsIgnoreCase} compares
   * (Unicode simple case folding, and dotless i with i).
   */
  public static int fold(int codePoint) {
    if (codePoint < 128) {
      return codePoint >= 'A' && codePoint <= 'Z' ? codePoint + 32 : codePoint;
    }
    return Character.toLowerCase(Character.toUpperCase(codePoint));
  }

  /** Returns whether a code point is a letter, a digit (Unicode L, N) or an underscore. */
  public static boolean isWord(int codePoint) {
    if (codePoint < 128) {
      return (codePoint >= 'a' && codePoint <= 'z')
          || (codePoint >= 'A' && codePoint <= 'Z')
          || (codePoint >= '0' && codePoint <= '9')
          || codePoint == '_';
    }
    int type = Character.getType(codePoint);
    return Character.isLetter(codePoint)
        || type == Character.DECIMAL_DIGIT_NUMBER
        || type == Character.LETTER_NUMBER
        || type == Character.OTHER_NUMBER;
  }

  /**
   * Reads the code point that begins at an offset.
   *
   * @return the code point, {@link #INVALID} when the byte there begins none, or {@link
   *     #INCOMPLETE} when more bytes are needed to know
   */
  public static int read(byte[] bytes, int offset, int end) {
    int lead = bytes[offset];
    if (lead >= 0) {
      return lead;
    }
    int length = length(lead & 0xff);
    if (length == 0) {
      return INVALID;
    }
    int codePoint = lead & (0x7f >> length);
    for (int i = 1; i < length; i++) {
      if (offset + i >= end) {
        return INCOMPLETE;
      }
      int next = bytes[offset + i];
      if ((next & 0xc0) != 0x80 || (i == 1 && !secondFits(lead & 0xff, next & 0xff))) {
        return INVALID;
      }
      codePoint = codePoint << 6 | (next & 0x3f);
    }
    return codePoint;
  }

  /** Returns the number of bytes that a code point (or an invalid byte) takes. */
  public static int width(int codePoint) {
    if (codePoint < 0x80) {
      return 1;
    }
    return codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
  }

  private static int length(int lead) {
    if (lead >= 0xc2 && lead <= 0xdf) {
      return 2;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
      return 3;
    }
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  }

  /** Refuses overlong forms, surrogates and what is beyond U+10FFFF (RFC 3629 section 4). */
  private static boolean secondFits(int lead, int second) {
    return switch (lead) {
      case 0xe0 -> second >= 0xa0;
      case 0xed -> second <= 0x9f;
      case 0xf0 -> second >= 0x90;
      case 0xf4 -> second <= 0x8f;
      default -> true;
    };
  }
}
