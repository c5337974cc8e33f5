package dev.sluice.registry.internal.net;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Is the status line and the header of an answer (RFC 9112, sections 4 and 5).
 *
 * @param version the minor version of HTTP/1
 */
record AnswerHead(int version, int status, Headers headers) {
  private static final int MAX_LINE = 16 << 10;
  private static final int MAX_FIELDS = 200;

  static AnswerHead read(InputStream in) throws IOException {
    var first = line(in);
    boolean good =
        first.length() >= 12
            && (first.startsWith("HTTP/1.1 ") || first.startsWith("HTTP/1.0 "))
            && first.substring(9, 12).chars().allMatch(c -> c >= '0' && c <= '9')
            && (first.length() == 12 || first.charAt(12) == ' ');
    if (!good) {
      throw new IOException(
          "answer begins with \"" + printable(first) + "\" (expected: HTTP/1.1 and a status)");
    }
    return new AnswerHead(
        first.charAt(7) - '0', Integer.parseInt(first.substring(9, 12)), fields(in));
  }

  /** Reads fields up to the empty line. */
  static Headers fields(InputStream in) throws IOException {
    var headers = new Headers();
    for (int count = 0; count <= MAX_FIELDS; count++) {
      var line = line(in);
      if (line.isEmpty()) {
        return headers;
      }
      int colon = line.indexOf(':');
      if (colon < 1 || line.charAt(0) <= ' ' || line.charAt(colon - 1) <= ' ') {
        throw new IOException("header field \"" + printable(line) + "\" (expected: name: value)");
      }
      headers.add(line.substring(0, colon), line.substring(colon + 1).strip());
    }
    throw new IOException("more than " + MAX_FIELDS + " header fields");
  }

  /** Reads a line without its end. */
  static String line(InputStream in) throws IOException {
    var bytes = new byte[256];
    int length = 0;
    while (true) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("the connection was closed before the answer");
      }
      if (next == '\n') {
        int end = length > 0 && bytes[length - 1] == '\r' ? length - 1 : length;
        return new String(bytes, 0, end, StandardCharsets.ISO_8859_1);
      }
      if (length == MAX_LINE) {
        throw new IOException("a line of the answer is longer than " + MAX_LINE + " bytes");
      }
      if (length == bytes.length) {
        bytes = java.util.Arrays.copyOf(bytes, length * 2);
      }
      bytes[length++] = (byte) next;
    }
  }

  private static String printable(String text) {
    return text.substring(0, Math.min(60, text.length())).replaceAll("[^ -~]", "?");
  }

  boolean hasBody(String method) {
    return !method.equals("HEAD") && status != 204 && status != 304;
  }

  boolean isChunked() throws IOException {
    var codings = headers.all("transfer-encoding");
    if (codings.isEmpty()) {
      return false;
    }
    if (codings.size() > 1 || !codings.getFirst().equalsIgnoreCase("chunked")) {
      throw new IOException("transfer-encoding " + codings + " (expected: chunked)");
    }
    return true;
  }

  /** Returns the declared length of the body, or -1. */
  long length() throws IOException {
    var lengths = headers.all("content-length");
    if (lengths.isEmpty()) {
      return -1;
    }
    var text = lengths.getFirst();
    if (lengths.stream().anyMatch(other -> !other.equals(text)) || !text.matches("[0-9]{1,18}")) {
      throw new IOException("content-length " + lengths + " (expected: one number)");
    }
    return Long.parseLong(text);
  }

  boolean keepsConnection() {
    var connection = String.join(",", headers.all("connection")).toLowerCase(Locale.ROOT);
    return version == 1 && !connection.contains("close");
  }

  void checkEncoding() throws IOException {
    var encoding = headers.first("content-encoding").orElse("identity");
    if (!encoding.isEmpty() && !encoding.equalsIgnoreCase("identity")) {
      throw new IOException(
          "the answer is in encoding \"" + printable(encoding) + "\", which was not asked for");
    }
  }
}
