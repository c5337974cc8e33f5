package dev.sluice.ai.internal;

/** Checks the numbers of JSON (RFC 8259, section 6). */
final class JsonNumber {
  private JsonNumber() {}

  static boolean isValid(byte[] bytes, int start, int end) {
    int i = start;
    if (i < end && bytes[i] == '-') {
      i++;
    }
    int whole = digits(bytes, i, end);
    if (whole == i || (bytes[i] == '0' && whole > i + 1)) {
      return false;
    }
    i = whole;
    if (i < end && bytes[i] == '.') {
      int fraction = digits(bytes, i + 1, end);
      if (fraction == i + 1) {
        return false;
      }
      i = fraction;
    }
    if (i < end && (bytes[i] == 'e' || bytes[i] == 'E')) {
      i++;
      if (i < end && (bytes[i] == '+' || bytes[i] == '-')) {
        i++;
      }
      int exponent = digits(bytes, i, end);
      if (exponent == i) {
        return false;
      }
      i = exponent;
    }
    return i == end;
  }

  private static int digits(byte[] bytes, int start, int end) {
    int i = start;
    while (i < end && bytes[i] >= '0' && bytes[i] <= '9') {
      i++;
    }
    return i;
  }
}
