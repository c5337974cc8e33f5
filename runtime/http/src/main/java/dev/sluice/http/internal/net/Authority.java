package dev.sluice.http.internal.net;

/** Checks the host and port that a request is for (RFC 3986 section 3.2, without user info). */
public final class Authority {
  private static final boolean[] ALLOWED = new boolean[128];

  static {
    for (char c = 'a'; c <= 'z'; c++) {
      ALLOWED[c] = true;
      ALLOWED[c - 32] = true;
    }
    for (char c = '0'; c <= '9'; c++) {
      ALLOWED[c] = true;
    }
    for (char c : "-._~%!$&'()*+,;=:[]".toCharArray()) {
      ALLOWED[c] = true;
    }
  }

  private Authority() {}

  /** Returns whether a text is a host with an optional port. */
  public static boolean isValid(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c > 127 || !ALLOWED[c]) {
        return false;
      }
    }
    return !text.isEmpty();
  }
}
