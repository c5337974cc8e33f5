package dev.sluice.text.internal.tokens;

/**
 * Cuts a text into parts whose tokens can be counted one by one. Parts depend on what is before
 * them only, so texts that begin alike have their first parts in common.
 *
 * <p>A cut between a letter or digit and a space that a letter follows is exact: there the
 * encodings of OpenAI begin a new piece in any case. Where a text has no such place for {@link
 * #MOST} characters it is cut anyway, which may count one or two tokens too many there.
 */
final class TextParts {
  private static final int LEAST = 1 << 10;

  /** Characters that a part has at the most; bounds the time that one takes. */
  static final int MOST = 4 << 10;

  private TextParts() {}

  /** Returns where the part that begins at an offset ends. */
  static int end(String text, int from) {
    int length = text.length();
    if (length - from <= LEAST) {
      return length;
    }
    int last = Math.min(length - 1, from + MOST);
    for (int i = from + LEAST; i < last; i++) {
      if (text.charAt(i) == ' '
          && Character.isLetterOrDigit(text.charAt(i - 1))
          && Character.isLetter(text.charAt(i + 1))) {
        return i;
      }
    }
    if (length - from <= MOST) {
      return length;
    }
    int end = from + MOST;
    return Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end;
  }
}
