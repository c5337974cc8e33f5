package dev.sluice.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;

/**
 * Is one TCP connection whose bytes are not looked at (design.md section 7, {@code protocol: tcp}),
 * accepted or made. Belongs to its loop; no method calls the handler back before it returns.
 */
public interface TcpConnection {
  /** Returns what is known of the connection; its protocol says nothing. */
  ConnectionInfo info();

  /** Returns the loop that the connection belongs to. */
  EventLoop loop();

  /** Sends bytes, which it takes over; they go out at the end of this turn of the loop. */
  void send(ByteBuf data);

  /** Ends this side's direction once everything was sent; with TLS that closes the connection. */
  void end();

  /** Returns whether the peer keeps up: little enough waits to be sent. */
  boolean isWritable();

  /** Begins or stops to read. Nothing is read before the first call. */
  void setReading(boolean reading);

  /** Closes once everything was sent. Idempotent. */
  void close();

  /** Closes at once; what waits to be sent is lost. Idempotent. */
  void abort();
}
