package dev.sluice.http;

import java.net.SocketAddress;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Describes a connection. Immutable once the connection is established; any thread may read it. */
public interface ConnectionInfo {
  /** Returns a number that is unique in the process. */
  long id();

  /** Returns the protocol version. */
  Protocol protocol();

  /** Returns the peer's address. */
  SocketAddress remoteAddress();

  /** Returns the address on this side. */
  SocketAddress localAddress();

  /** Returns the TLS session, or null on cleartext. */
  @Nullable SSLSession tls();

  /** Returns the server name that the client asked for (SNI), or null. */
  @Nullable String serverName();

  /** Returns the name of the listener or upstream that the connection belongs to. */
  String owner();
}
