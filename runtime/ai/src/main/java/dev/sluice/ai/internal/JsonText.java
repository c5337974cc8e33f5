package dev.sluice.ai.internal;

import java.nio.charset.StandardCharsets;

/** Decodes and encodes the strings of JSON (RFC 8259, section 7). */
final class JsonText {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private JsonText() {}

  /** Decodes what stands between the quotes; the bytes were checked by the scanner. */
  static String decode(byte[] bytes, int start, int end) {
    var text = new StringBuilder(end - start);
    int plain = start;
    int i = start;
    while (i < end) {
      if (bytes[i] != '\\') {
        i++;
        continue;
      }
      if (i > plain) {
        text.append(new String(bytes, plain, i - plain, StandardCharsets.UTF_8));
      }
      byte escape = bytes[i + 1];
      if (escape == 'u') {
        text.append((char) hex(bytes, i + 2));
        i += 6;
      } else {
        text.append(unescape(escape));
        i += 2;
      }
      plain = i;
    }
    return text.append(new String(bytes, plain, end - plain, StandardCharsets.UTF_8)).toString();
  }

  /** Returns the code unit that four hexadecimal digits name, or -1 when they are none. */
  static int hex(byte[] bytes, int at) {
    int value = 0;
    for (int i = at; i < at + 4; i++) {
      int digit = Character.digit(bytes[i], 16);
      if (digit < 0) {
        return -1;
      }
      value = (value << 4) | digit;
    }
    return value;
  }

  private static char unescape(byte escape) {
    return switch (escape) {
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      default -> (char) escape;
    };
  }

  /** Returns a text as a JSON string, quotes included. */
  static byte[] quote(String text) {
    var out = new JsonWriter(text.length() + 16);
    out.value(text);
    return out.toByteArray();
  }

  static void write(Bytes out, String text) {
    out.put('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
        out.put(c);
      } else if (c < 0x80) {
        escape(out, c);
      } else {
        i += wide(out, text, i, c);
      }
    }
    out.put('"');
  }

  private static void escape(Bytes out, char c) {
    out.put('\\');
    switch (c) {
      case '"', '\\' -> out.put(c);
      case '\n' -> out.put('n');
      case '\r' -> out.put('r');
      case '\t' -> out.put('t');
      default -> unit(out, c);
    }
  }

  /** Writes a character outside ASCII; returns how many more chars it took. */
  private static int wide(Bytes out, String text, int at, char c) {
    if (c < 0x800) {
      out.put(0xC0 | (c >> 6));
      out.put(0x80 | (c & 0x3F));
      return 0;
    }
    if (Character.isHighSurrogate(c)
        && at + 1 < text.length()
        && Character.isLowSurrogate(text.charAt(at + 1))) {
      int code = Character.toCodePoint(c, text.charAt(at + 1));
      out.put(0xF0 | (code >> 18));
      out.put(0x80 | ((code >> 12) & 0x3F));
      out.put(0x80 | ((code >> 6) & 0x3F));
      out.put(0x80 | (code & 0x3F));
      return 1;
    }
    if (Character.isSurrogate(c)) {
      // Half a pair: UTF-8 has no bytes for it, JSON has.
      out.put('\\');
      unit(out, c);
      return 0;
    }
    out.put(0xE0 | (c >> 12));
    out.put(0x80 | ((c >> 6) & 0x3F));
    out.put(0x80 | (c & 0x3F));
    return 0;
  }

  private static void unit(Bytes out, char c) {
    out.put('u');
    for (int shift = 12; shift >= 0; shift -= 4) {
      out.put(HEX[(c >> shift) & 15]);
    }
  }
}
