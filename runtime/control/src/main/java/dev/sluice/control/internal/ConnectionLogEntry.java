package dev.sluice.control.internal;

import dev.sluice.proxy.ConnectionRecord;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Is what the access log keeps of a connection of a TCP listener. */
record ConnectionLogEntry(
    String listener,
    SocketAddress remote,
    @Nullable String serverName,
    String upstream,
    @Nullable InetSocketAddress endpoint,
    String code,
    @Nullable String plugin,
    String detail,
    long receivedBytes,
    long sentBytes,
    long startWallNanos,
    long durationNanos,
    long connectNanos)
    implements AccessLogLine {
  static ConnectionLogEntry of(ConnectionRecord connection) {
    return new ConnectionLogEntry(
        connection.client().owner(),
        connection.client().remoteAddress(),
        connection.client().serverName(),
        connection.upstream(),
        connection.endpoint(),
        connection.code(),
        connection.plugin(),
        connection.detail(),
        connection.receivedBytes(),
        connection.sentBytes(),
        connection.startWallNanos(),
        connection.durationNanos(),
        connection.connectNanos());
  }

  @Override
  public void appendTo(StringBuilder out) {
    AccessLogEntry.begin(out, startWallNanos);
    AccessLogEntry.text(out, "protocol", "TCP");
    AccessLogEntry.text(out, "listener", listener);
    AccessLogEntry.text(out, "remote", AccessLogEntry.address(remote));
    AccessLogEntry.text(out, "serverName", serverName);
    AccessLogEntry.text(out, "upstream", upstream);
    AccessLogEntry.text(
        out, "endpoint", endpoint == null ? null : AccessLogEntry.address(endpoint));
    AccessLogEntry.text(out, "code", code.isEmpty() ? null : code);
    AccessLogEntry.text(out, "plugin", plugin);
    AccessLogEntry.text(out, "detail", detail.isEmpty() ? null : detail);
    AccessLogEntry.number(out, "receivedBytes", receivedBytes);
    AccessLogEntry.number(out, "sentBytes", sentBytes);
    AccessLogEntry.number(out, "durationMicros", durationNanos / 1_000);
    if (connectNanos >= 0) {
      AccessLogEntry.number(out, "connectMicros", connectNanos / 1_000);
    }
    out.append('}');
  }
}
