package dev.sluice.ai.internal;

/** Guesses how many tokens a text has, without a model's vocabulary. */
final class TokenGuess {
  private TokenGuess() {}

  /** Returns a token per four ASCII characters, and one per two others. */
  static long of(String text) {
    int ascii = 0;
    int length = text.length();
    for (int i = 0; i < length; i++) {
      if (text.charAt(i) < 0x80) {
        ascii++;
      }
    }
    return (ascii + 3L) / 4 + (length - ascii + 1L) / 2;
  }
}
