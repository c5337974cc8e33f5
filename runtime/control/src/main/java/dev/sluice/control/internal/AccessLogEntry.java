package dev.sluice.control.internal;

import dev.sluice.proxy.ExchangeRecord;
import dev.sluice.usage.UsageRecord;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Is what the access log keeps of an exchange: no header values but the user agent, no bodies, no
 * credentials of the query.
 *
 * @param status sent to the client; without a response that which stands for the error, or 0
 */
record AccessLogEntry(
    String requestId,
    String protocol,
    SocketAddress remote,
    String method,
    String authority,
    String path,
    @Nullable String userAgent,
    @Nullable String route,
    @Nullable String upstream,
    @Nullable InetSocketAddress endpoint,
    int attempts,
    int status,
    String code,
    @Nullable String failedBy,
    @Nullable String plugin,
    @Nullable String detail,
    long requestBytes,
    long responseBytes,
    long startWallNanos,
    long durationNanos,
    long firstByteNanos,
    long upstreamNanos,
    @Nullable String consumer,
    @Nullable String traceId,
    @Nullable UsageRecord usage)
    implements AccessLogLine {
  /**
   * @param usage what it used, or null off AI routes
   */
  static AccessLogEntry of(ExchangeRecord exchange, @Nullable UsageRecord usage) {
    var identity = exchange.identity();
    var trace = exchange.trace();
    var error = exchange.error();
    var headers = exchange.requestHeaders();
    return new AccessLogEntry(
        exchange.requestId(),
        exchange.connection().protocol().text(),
        exchange.connection().remoteAddress(),
        exchange.method(),
        exchange.authority(),
        exchange.path(),
        headers == null ? null : headers.get("user-agent"),
        exchange.route(),
        exchange.upstream(),
        exchange.endpoint(),
        exchange.attempts(),
        error != null && exchange.status() == 0 ? error.status() : exchange.status(),
        exchange.code(),
        error == null ? null : error.who().name().toLowerCase(Locale.ROOT),
        exchange.plugin(),
        error == null || error.detail().isEmpty() ? null : error.detail(),
        exchange.requestBytes(),
        exchange.responseBytes(),
        exchange.startWallNanos(),
        exchange.durationNanos(),
        exchange.firstByteNanos(),
        exchange.upstreamNanos(),
        identity == null ? null : identity.name(),
        trace == null ? null : trace.traceId(),
        usage);
  }

  /** Begins a line with the time. */
  static void begin(StringBuilder out, long wallNanos) {
    var start = Instant.ofEpochSecond(wallNanos / 1_000_000_000L, wallNanos % 1_000_000_000L);
    out.append("{\"time\":\"")
        .append(start.truncatedTo(java.time.temporal.ChronoUnit.MICROS))
        .append('"');
  }

  @Override
  public void appendTo(StringBuilder out) {
    begin(out, startWallNanos);
    text(out, "requestId", requestId);
    text(out, "protocol", protocol);
    text(out, "remote", address(remote));
    text(out, "method", method);
    text(out, "host", authority);
    text(out, "path", Secrets.withoutCredentials(path));
    text(out, "userAgent", userAgent);
    text(out, "route", route);
    text(out, "upstream", upstream);
    text(out, "endpoint", endpoint == null ? null : address(endpoint));
    number(out, "attempts", attempts);
    number(out, "status", status);
    text(out, "code", code.isEmpty() ? null : code);
    text(out, "failedBy", failedBy);
    text(out, "plugin", plugin);
    text(out, "detail", detail);
    number(out, "requestBytes", requestBytes);
    number(out, "responseBytes", responseBytes);
    number(out, "durationMicros", durationNanos / 1_000);
    if (firstByteNanos >= 0) {
      number(out, "firstByteMicros", firstByteNanos / 1_000);
    }
    if (upstreamNanos >= 0) {
      number(out, "upstreamMicros", upstreamNanos / 1_000);
    }
    text(out, "consumer", consumer);
    text(out, "traceId", traceId);
    if (usage != null) {
      UsageFields.append(out, usage);
    }
    out.append('}');
  }

  static String address(SocketAddress socket) {
    if (!(socket instanceof InetSocketAddress address)) {
      return socket.toString();
    }
    var ip = address.getAddress();
    return (ip == null ? address.getHostString() : ip.getHostAddress()) + ":" + address.getPort();
  }

  static void number(StringBuilder out, String name, long value) {
    out.append(",\"").append(name).append("\":").append(value);
  }

  static void text(StringBuilder out, String name, @Nullable String value) {
    if (value == null) {
      return;
    }
    out.append(",\"").append(name).append("\":\"");
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
        out.append("\\u00")
            .append(Character.forDigit(c >> 4, 16))
            .append(Character.forDigit(c & 15, 16));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}
