package dev.sluice.http;

import java.net.InetSocketAddress;

/**
 * Opens streams to the endpoints of one upstream, from one event loop, over pooled connections.
 * Belongs to its loop.
 */
public interface HttpClient extends AutoCloseable {
  /** Receives the outcome of {@link #open}. */
  interface OpenCallback {
    /** A connection has room: send the request on {@code request}. */
    void opened(HttpStream request);

    /**
     * No connection could be had; nothing was sent.
     *
     * @param detail for logs: what was tried and what went wrong
     */
    void failed(StreamError error, String detail);
  }

  /** Is an attempt to open a stream that can be given up. */
  @FunctionalInterface
  interface Pending {
    /** Gives up; the callback is not called any more. Does nothing once it was called. */
    void cancel();
  }

  /**
   * Opens a stream to an endpoint. The callback may run before this returns (a pooled connection
   * was idle) or later.
   *
   * @param response receives the answer
   */
  Pending open(InetSocketAddress endpoint, HttpStreamHandler response, OpenCallback callback);

  /** Returns the open connections to an endpoint. */
  int connections(InetSocketAddress endpoint);

  /** Lets the streams finish and closes the connections; no new stream can be opened. */
  @Override
  void close();
}
