package dev.sluice.http;

import java.net.InetSocketAddress;

/** Connects to the endpoints of one upstream by plain TCP or TLS, from one event loop. */
public interface TcpClient {
  /** Receives the outcome of {@link #connect}. */
  interface Callback {
    /**
     * The connection is there.
     *
     * @return what receives its bytes
     */
    TcpHandler connected(TcpConnection connection);

    /**
     * There is none.
     *
     * @param detail for logs: what was tried and what went wrong
     */
    void failed(String detail);
  }

  /** Is an attempt to connect that can be given up. */
  @FunctionalInterface
  interface Pending {
    /** Gives up; the callback is not called any more. Does nothing once it was called. */
    void cancel();
  }

  /** Connects; the callback runs later. To be called on the client's loop. */
  Pending connect(InetSocketAddress endpoint, Callback callback);
}
