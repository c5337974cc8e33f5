package dev.sluice.http.internal.h1;

import dev.sluice.http.Protocol;
import dev.sluice.http.internal.net.BadMessage;
import dev.sluice.http.internal.net.Names;
import dev.sluice.http.internal.net.Statuses;
import dev.sluice.plugin.Headers;

/** Parses the head of a response (RFC 9112 sections 4 and 5). */
final class ResponseParser {
  private final FieldParser fields;
  private final LineCache cache;
  private Headers headers = new Headers();
  private Protocol version = Protocol.HTTP_1_1;
  private int status;

  ResponseParser(Names names, int maxFields, LineCache cache) {
    this.fields = new FieldParser(names, maxFields, 502);
    this.cache = cache;
  }

  /**
   * Parses a head.
   *
   * @return the place after it, or {@link FieldParser#INCOMPLETE}
   * @throws BadMessage when it is malformed
   */
  int parse(byte[] in, int from, int to) {
    headers = new Headers();
    fields.reset();
    int at = startLine(in, from, to);
    if (at < 0) {
      return FieldParser.INCOMPLETE;
    }
    headers.addTrusted(":status", Statuses.text(status));
    at = fields.parse(in, at, to, headers, cache);
    if (at > 0) {
      finish();
    }
    return at;
  }

  private int startLine(byte[] in, int from, int to) {
    if (cache.isStartLine(in, from, to)) {
      version = Protocol.HTTP_1_1;
      status = Integer.parseInt(cache.startFirst);
      return from + cache.startLine.length;
    }
    var expected = "HTTP/1.";
    for (int i = 0; i < 13; i++) {
      if (from + i >= to) {
        return FieldParser.INCOMPLETE;
      }
      byte c = in[from + i];
      boolean good =
          i < 7
              ? c == expected.charAt(i)
              : i == 8 ? c == ' ' : i == 12 ? c == ' ' || c == '\r' : c >= '0' && c <= '9';
      if (!good) {
        throw fields.bad("malformed status line, octet " + (c & 0xff));
      }
    }
    status = (in[from + 9] - '0') * 100 + (in[from + 10] - '0') * 10 + (in[from + 11] - '0');
    if (status < 100) {
      throw fields.bad("status " + status);
    }
    int at = from + 12;
    while (at < to && (in[at] < 0 || in[at] >= ' ' || in[at] == '\t')) {
      at++;
    }
    if (at >= to || (in[at] == '\r' && at + 1 >= to)) {
      return FieldParser.INCOMPLETE;
    }
    if (in[at] != '\r' || in[at + 1] != '\n') {
      throw fields.bad("malformed reason phrase, octet " + (in[at] & 0xff));
    }
    version = in[from + 7] == '0' ? Protocol.HTTP_1_0 : Protocol.HTTP_1_1;
    if (version == Protocol.HTTP_1_1) {
      cache.startLine(in, from, at + 2, Statuses.text(status), "", null);
    }
    return at + 2;
  }

  private void finish() {
    var host = fields.host();
    if (host != null) {
      headers.addTrusted("host", host);
    }
    if (fields.otherCoding() || (fields.chunked() && fields.contentLength() >= 0)) {
      throw fields.bad("transfer-encoding with content-length, or other than chunked");
    }
    fields.removeOptions(headers);
    var upgrade = fields.upgrade();
    if (status == 101 && upgrade != null) {
      headers.addTrusted("upgrade", upgrade);
    }
  }

  Headers headers() {
    return headers;
  }

  FieldParser fields() {
    return fields;
  }

  int status() {
    return status;
  }

  /** Returns whether the connection can serve another request after this response. */
  boolean persistent() {
    return version == Protocol.HTTP_1_1 ? !fields.close() : fields.keepAlive() && !fields.close();
  }
}
