package dev.sluice.http.internal.h1;

import dev.sluice.http.Protocol;
import dev.sluice.http.internal.net.Authority;
import dev.sluice.http.internal.net.BadMessage;
import dev.sluice.http.internal.net.Names;
import dev.sluice.plugin.Headers;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Parses the head of a request (RFC 9112 sections 3 and 5): {@code :method}, {@code :scheme},
 * {@code :authority}, {@code :path}, then the fields in their order.
 */
final class RequestParser {
  private static final int AUTHORITY = 2;

  private final FieldParser fields;
  private final String scheme;
  private @Nullable LineCache cache;
  private Headers headers = new Headers();
  private Protocol version = Protocol.HTTP_1_1;
  private @Nullable String targetAuthority;
  private String method = "";
  private boolean webSocket;

  RequestParser(Names names, int maxFields, String scheme) {
    this.fields = new FieldParser(names, maxFields, 400);
    this.scheme = scheme;
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
    at = fields.parse(in, at, to, headers, cache);
    if (at > 0) {
      finish();
      if (cache == null) {
        // A connection that repeats itself gets a cache; one that sends one request needs none.
        cache = new LineCache();
      }
    }
    return at;
  }

  private int startLine(byte[] in, int from, int to) {
    var known = cache;
    if (known != null && known.isStartLine(in, from, to)) {
      version = Protocol.HTTP_1_1;
      targetAuthority = known.startThird;
      begin(known.startFirst, known.startSecond);
      return from + known.startLine.length;
    }
    int at = from;
    while (at < to && Names.token(in[at]) != 0) {
      at++;
    }
    if (at == to) {
      return FieldParser.INCOMPLETE;
    }
    if (in[at] != ' ' || at == from) {
      throw fields.bad("malformed request line, octet " + (in[at] & 0xff));
    }
    var name = Methods.get(in, from, at - from);
    int targetFrom = ++at;
    while (at < to && in[at] > ' ' && in[at] != 127) {
      at++;
    }
    if (at == to) {
      return FieldParser.INCOMPLETE;
    }
    if (in[at] != ' ' || at == targetFrom) {
      throw fields.bad("malformed request target, octet " + (in[at] & 0xff));
    }
    int targetTo = at++;
    if (isForeign(in, at, to)) {
      throw new BadMessage(BadMessage.NO_ANSWER, "no HTTP: the line names no version");
    }
    int end = version(in, at, to);
    if (end < 0) {
      return FieldParser.INCOMPLETE;
    }
    target(name, Names.latin1(in, targetFrom, targetTo - targetFrom));
    if (known != null && version == Protocol.HTTP_1_1) {
      known.startLine(in, from, end, method, headers.value(AUTHORITY + 1), targetAuthority);
    }
    return end;
  }

  /** Returns whether a line is complete, has a third word, and no word in it begins a version. */
  private static boolean isForeign(byte[] in, int from, int to) {
    int end = from;
    while (end < to && in[end] != '\r') {
      end++;
    }
    return end < to
        && end > from
        && !Names.latin1(in, from, end - from).toLowerCase(Locale.ROOT).contains("http/");
  }

  private int version(byte[] in, int from, int to) {
    var expected = "HTTP/1.";
    for (int i = 0; i < 10; i++) {
      if (from + i >= to) {
        return FieldParser.INCOMPLETE;
      }
      byte c = in[from + i];
      boolean digit = c >= '0' && c <= '9';
      if (i == 5 && digit && c != '1') {
        throw new BadMessage(505, "HTTP major version " + (char) c);
      }
      if (i < 7 ? c != expected.charAt(i) : i == 7 ? !digit : c != (i == 8 ? '\r' : '\n')) {
        throw fields.bad("malformed protocol version");
      }
    }
    byte minor = in[from + 7];
    if (minor > '1') {
      throw new BadMessage(505, "HTTP/1." + (char) minor);
    }
    version = minor == '0' ? Protocol.HTTP_1_0 : Protocol.HTTP_1_1;
    return from + 10;
  }

  private void begin(String name, String path) {
    method = name;
    headers.addTrusted(":method", name);
    headers.addTrusted(":scheme", scheme);
    headers.addTrusted(":authority", "");
    headers.addTrusted(":path", path);
  }

  private void target(String name, String target) {
    targetAuthority = null;
    if (name.equals("CONNECT")) {
      throw new BadMessage(405, "CONNECT");
    }
    if (target.indexOf('#') >= 0) {
      throw fields.bad("a fragment in the request target");
    }
    if (target.charAt(0) == '/') {
      begin(name, target);
    } else if (target.equals("*")) {
      if (!name.equals("OPTIONS")) {
        throw fields.bad("request target * with " + name);
      }
      begin(name, target);
    } else {
      absolute(name, target);
    }
  }

  private void absolute(String name, String target) {
    int from =
        target.regionMatches(true, 0, "http://", 0, 7)
            ? 7
            : target.regionMatches(true, 0, "https://", 0, 8) ? 8 : -1;
    if (from < 0) {
      throw fields.bad("request target " + BadMessage.quote(target));
    }
    int to = from;
    while (to < target.length() && target.charAt(to) != '/' && target.charAt(to) != '?') {
      to++;
    }
    targetAuthority = target.substring(from, to);
    var path = target.substring(to);
    if (path.isEmpty()) {
      path = name.equals("OPTIONS") ? "*" : "/";
    } else if (path.charAt(0) == '?') {
      path = "/" + path;
    }
    begin(name, path);
  }

  private void finish() {
    if (fields.hosts() > 1) {
      throw fields.bad("host came " + fields.hosts() + " times");
    }
    var host = fields.host();
    if (host == null && version == Protocol.HTTP_1_1) {
      throw fields.bad("no host");
    }
    var authority = targetAuthority != null ? targetAuthority : host;
    if (authority == null) {
      headers.removeAt(AUTHORITY);
    } else {
      if (!Authority.isValid(authority) || (host != null && !Authority.isValid(host))) {
        throw fields.bad("host: " + BadMessage.quote(host == null ? authority : host));
      }
      headers.setTrusted(AUTHORITY, authority);
    }
    if (fields.chunked() && (fields.contentLength() >= 0 || version == Protocol.HTTP_1_0)) {
      throw fields.bad("transfer-encoding with content-length or HTTP/1.0");
    }
    if (fields.otherCoding()) {
      throw fields.contentLength() >= 0
          ? fields.bad("transfer-encoding with content-length")
          : new BadMessage(501, "a transfer-encoding other than chunked");
    }
    fields.removeOptions(headers);
    var upgrade = fields.upgrade();
    webSocket =
        upgrade != null
            && upgrade.equalsIgnoreCase("websocket")
            && version == Protocol.HTTP_1_1
            && method.equals("GET")
            && !fields.chunked()
            && fields.contentLength() <= 0;
    if (webSocket) {
      headers.addTrusted("upgrade", "websocket");
    }
  }

  /** Returns the headers of the last head. */
  Headers headers() {
    return headers;
  }

  /** Returns what the fields said. */
  FieldParser fields() {
    return fields;
  }

  /** Returns the version of the last head. */
  Protocol version() {
    return version;
  }

  /** Returns the method of the last head. */
  String method() {
    return method;
  }

  /** Returns whether the last head asks to become a WebSocket. */
  boolean webSocket() {
    return webSocket;
  }

  /** Returns whether the connection can serve another request after this one. */
  boolean persistent() {
    return version == Protocol.HTTP_1_1 ? !fields.close() : fields.keepAlive() && !fields.close();
  }
}
