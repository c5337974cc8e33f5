package dev.sluice.wasm.internal;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;

/**
 * Is a header name or value as a guest gave it, checked once.
 *
 * @param text the characters, one per octet; a name in lower case and interned
 * @param validName whether it can be a field name (RFC 9110 section 5.1) or a known pseudo-header
 * @param validValue whether it can be a field value: no CR, LF or NUL
 */
record HeaderText(String text, boolean validName, boolean validValue) {
  private static final Set<String> PSEUDO =
      Set.of(":method", ":path", ":authority", ":scheme", ":protocol", ":status");

  /** Reads a name. */
  static HeaderText name(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
    boolean valid = text.startsWith(":") ? PSEUDO.contains(text) : isToken(text);
    // Codecs name common fields by literals: interning makes the references equal to theirs.
    return new HeaderText(valid && text.length() <= 40 ? text.intern() : text, valid, false);
  }

  /** Reads a value. */
  static HeaderText value(byte[] bytes) {
    boolean valid = true;
    for (byte octet : bytes) {
      valid &= octet != '\r' && octet != '\n' && octet != 0;
    }
    return new HeaderText(new String(bytes, StandardCharsets.ISO_8859_1), false, valid);
  }

  /** Returns whether it names a pseudo-header. */
  boolean isPseudo() {
    return !text.isEmpty() && text.charAt(0) == ':';
  }

  private static boolean isToken(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean token =
          (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
      if (!token) {
        return false;
      }
    }
    return !text.isEmpty();
  }
}
