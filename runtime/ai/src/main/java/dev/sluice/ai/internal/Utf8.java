package dev.sluice.ai.internal;

/** Checks UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
final class Utf8 {
  private Utf8() {}

  /**
   * Returns the length of the sequence that begins at {@code i} with a byte above 0x7F, 0 when it
   * may be complete in bytes that have not arrived, -1 when it is none.
   */
  static int width(byte[] bytes, int i, int size) {
    int lead = bytes[i] & 0xFF;
    int width;
    int low = 0x80;
    int high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
      width = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      width = 3;
      low = lead == 0xE0 ? 0xA0 : 0x80;
      high = lead == 0xED ? 0x9F : 0xBF;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      width = 4;
      low = lead == 0xF0 ? 0x90 : 0x80;
      high = lead == 0xF4 ? 0x8F : 0xBF;
    } else {
      return -1;
    }
    for (int k = 1; k < width; k++) {
      if (i + k >= size) {
        return 0;
      }
      int b = bytes[i + k] & 0xFF;
      if (b < (k == 1 ? low : 0x80) || b > (k == 1 ? high : 0xBF)) {
        return -1;
      }
    }
    return width;
  }
}
