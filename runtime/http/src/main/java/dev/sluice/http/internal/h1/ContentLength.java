package dev.sluice.http.internal.h1;

import dev.sluice.plugin.Headers;

/** Reads {@code content-length} out of headers that a handler sends. */
final class ContentLength {
  private ContentLength() {}

  /**
   * Returns the length, or -1 when there is none.
   *
   * @throws IllegalArgumentException when it is no number
   */
  static long of(Headers headers) {
    var value = headers.get("content-length");
    if (value == null) {
      return -1;
    }
    long length = 0;
    for (int i = 0; i < value.length(); i++) {
      int digit = value.charAt(i) - '0';
      if (digit < 0 || digit > 9 || i > 17) {
        throw bad(value);
      }
      length = length * 10 + digit;
    }
    if (value.isEmpty()) {
      throw bad(value);
    }
    return length;
  }

  private static IllegalArgumentException bad(String value) {
    return new IllegalArgumentException(
        "content-length: \"" + value + "\" (expected: up to 18 digits)");
  }
}
