package dev.sluice.http.internal.hpack;

/** Knows the fields that HTTP/2 has no place for (RFC 9113 section 8.2.2). */
final class Hop {
  private Hop() {}

  /** Returns whether a field may be sent. */
  static boolean passes(String name, String value) {
    return switch (name.length()) {
      case 2 -> !name.equals("te") || value.equals("trailers");
      case 4 -> !name.equals("host");
      case 7 -> !name.equals("upgrade");
      case 10 -> !name.equals("connection") && !name.equals("keep-alive");
      case 16 -> !name.equals("proxy-connection");
      case 17 -> !name.equals("transfer-encoding");
      default -> true;
    };
  }
}
