package dev.sluice.http.internal.net;

import dev.sluice.http.ConnectionInfo;
import dev.sluice.http.Protocol;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.AttributeKey;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Is what is known of an established connection. */
public record ConnectionFacts(
    long id,
    Protocol protocol,
    SocketAddress remoteAddress,
    SocketAddress localAddress,
    @Nullable SSLSession tls,
    @Nullable String serverName,
    String owner)
    implements ConnectionInfo {
  /** Carries the server name that a TLS client asked for. */
  public static final AttributeKey<String> SERVER_NAME = AttributeKey.valueOf("sluice.serverName");

  private static final AtomicLong IDS = new AtomicLong();

  /** Collects the facts of a channel. */
  public static ConnectionFacts of(Channel channel, Protocol protocol, String owner) {
    var ssl = channel.pipeline().get(SslHandler.class);
    return new ConnectionFacts(
        IDS.incrementAndGet(),
        protocol,
        address(channel.remoteAddress()),
        address(channel.localAddress()),
        ssl == null ? null : ssl.engine().getSession(),
        channel.attr(SERVER_NAME).get(),
        owner);
  }

  /** Returns the same facts with another version of HTTP/1. */
  public ConnectionFacts with(Protocol version) {
    return version == protocol
        ? this
        : new ConnectionFacts(id, version, remoteAddress, localAddress, tls, serverName, owner);
  }

  /** A connection that closed meanwhile has no address any more. */
  private static SocketAddress address(@Nullable SocketAddress address) {
    return address == null ? InetSocketAddress.createUnresolved("closed.invalid", 0) : address;
  }
}
