package dev.sluice.http;

import io.netty.buffer.ByteBuf;

/** Receives what happens on one {@link TcpConnection}, on its loop. */
public interface TcpHandler {
  /** Bytes came; the handler releases them. */
  void onData(ByteBuf data);

  /** The peer will send no more; it may still receive. */
  void onEnd();

  /** The peer has caught up, or fell behind: see {@link TcpConnection#isWritable}. */
  void onWritable();

  /** Nothing was sent or received for the listener's {@code timeouts.idle}. */
  void onIdle();

  /**
   * The listener stops: no new work should begin. What goes on is cut when the time to drain is
   * over.
   */
  void onDrain();

  /**
   * The connection is closed; the last call.
   *
   * @param reason what went wrong, empty for an orderly end
   */
  void onClosed(String reason);
}
