package dev.sluice.testkit.internal;

import dev.sluice.http.ConnectionInfo;
import dev.sluice.http.Protocol;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Describes a connection that there is not.
 *
 * @param owner the listener or upstream
 * @param peerPort the peer's port, on loopback
 */
record MemoryConnection(long id, String owner, int peerPort, int port) implements ConnectionInfo {
  @Override
  public Protocol protocol() {
    return Protocol.HTTP_2;
  }

  @Override
  public SocketAddress remoteAddress() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), peerPort);
  }

  @Override
  public SocketAddress localAddress() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  @Override
  public @Nullable SSLSession tls() {
    return null;
  }

  @Override
  public @Nullable String serverName() {
    return null;
  }
}
