package dev.sluice.http.internal.h1;

import dev.sluice.http.internal.net.Names;

/** Turns the octets of common methods into shared strings. */
final class Methods {
  private static final String[] COMMON = {
    "GET", "POST", "PUT", "HEAD", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"
  };

  private Methods() {}

  static String get(byte[] in, int from, int length) {
    for (var method : COMMON) {
      if (method.length() == length && equals(method, in, from)) {
        return method;
      }
    }
    return Names.latin1(in, from, length);
  }

  private static boolean equals(String method, byte[] in, int from) {
    for (int i = 0; i < method.length(); i++) {
      if (method.charAt(i) != in[from + i]) {
        return false;
      }
    }
    return true;
  }
}
