package dev.sluice.http.internal.h1;

import dev.sluice.http.internal.net.Names;
import dev.sluice.http.internal.net.Outbox;
import dev.sluice.http.internal.net.Statuses;
import dev.sluice.plugin.Headers;

/**
 * Writes message heads and trailers. The fields that frame the message or concern the connection
 * are the codec's own; whatever the headers say of them is left out.
 */
final class HeadWriter {
  private static final String[] STATUS_LINES = new String[1000];

  private byte[] out = {};
  private int at;

  static {
    for (int i = 100; i < 1000; i++) {
      STATUS_LINES[i] = "HTTP/1.1 " + i + " " + Statuses.reason(i) + "\r\n";
    }
  }

  /** Begins the head of a response in some scratch memory. */
  void response(byte[] scratch, int status) {
    out = scratch;
    at = Names.put(STATUS_LINES[status], out, 0);
  }

  /** Begins the head of a request in some scratch memory. */
  void request(byte[] scratch, String method, String path) {
    out = scratch;
    at = Names.put(method, out, 0);
    out[at++] = ' ';
    at = Names.put(path, out, at);
    at = Names.put(" HTTP/1.1\r\n", out, at);
  }

  /** Begins a trailer section in some scratch memory. */
  void trailers(byte[] scratch) {
    out = scratch;
    at = 0;
  }

  /** Returns octets that are enough for headers with what the codec adds. */
  static int bound(Headers headers) {
    return headers.octets() + headers.size() * 4 + 256;
  }

  /**
   * Writes a line.
   *
   * @param name a field name
   */
  void field(String name, String value) {
    at = Names.put(name, out, at);
    out[at++] = ':';
    out[at++] = ' ';
    at = Names.put(value, out, at);
    out[at++] = '\r';
    out[at++] = '\n';
  }

  /** Writes octets as they are. */
  void text(String text) {
    at = Names.put(text, out, at);
  }

  /**
   * Writes the fields of headers that pass the connection.
   *
   * @param contentLength whether {@code content-length} may pass
   */
  void fields(Headers headers, boolean contentLength) {
    boolean lengthSeen = !contentLength;
    for (int i = 0, size = headers.size(); i < size; i++) {
      var name = headers.name(i);
      if (name.charAt(0) == ':' || isOwnedByCodec(name)) {
        continue;
      }
      if (name.length() == 14 && name.equals("content-length")) {
        if (lengthSeen) {
          continue;
        }
        lengthSeen = true;
      }
      field(name, headers.value(i));
    }
  }

  /** Returns whether a field concerns the connection, so that the codec alone writes it. */
  static boolean isOwnedByCodec(String name) {
    return switch (name.length()) {
      case 2 -> name.equals("te");
      case 4 -> name.equals("host");
      case 7 -> name.equals("upgrade");
      case 10 -> name.equals("connection") || name.equals("keep-alive");
      case 16 -> name.equals("proxy-connection");
      case 17 -> name.equals("transfer-encoding");
      default -> false;
    };
  }

  /** Ends the section and appends it to an outbox. */
  void end(Outbox outbox) {
    out[at++] = '\r';
    out[at++] = '\n';
    outbox.write(out, 0, at);
  }
}
