package dev.sluice.http;

import dev.sluice.plugin.Headers;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;

/**
 * Is the sending half of one message exchange on a connection: a request being sent to an upstream,
 * or a response to a client. The receiving half arrives at a {@link HttpStreamHandler}.
 *
 * <p>Everything runs on the loop of the connection. The order is headers, data, then trailers;
 * whatever carries {@code end} ends the message. Calls after the end or after the stream was reset
 * do nothing (and release their buffer), so that a late answer harms nobody.
 *
 * <p>No method calls the handler before it returns: {@code onSent}, {@code onWritable}, {@code
 * onReset} and {@code onClosed} that follow from it come at the end of the loop's turn.
 *
 * <p><b>Upgrade.</b> A WebSocket is a {@code GET} with the field {@code upgrade: websocket} and
 * without an end, on either protocol (HTTP/2 carries it as extended CONNECT, RFC 8441); {@code
 * :status: 101} accepts it, and from then on bytes pass both ways as data.
 *
 * <p><b>Backpressure out.</b> What cannot be written at once is queued. When more than the high
 * watermark is queued, {@link #isWritable} is false until {@link HttpStreamHandler#onWritable}.
 * Every byte given to {@link #sendData} is reported once by {@link HttpStreamHandler#onSent} when
 * it was written to the transport (or discarded).
 *
 * <p><b>Backpressure in.</b> The peer may send until the receiving window is used up; {@link
 * #consumed} gives bytes back to it.
 */
public interface HttpStream {
  /** Returns the loop that owns this stream. */
  EventLoop loop();

  /** Returns the connection that carries this stream. */
  ConnectionInfo connection();

  /** Sends informational (1xx) response headers; ignored by a peer that speaks HTTP/1.0. */
  void sendInformational(Headers headers);

  /**
   * Sends the headers, pseudo-headers included. Hop-by-hop fields are the codec's business: it
   * removes those that came in and adds those of its own connection.
   */
  void sendHeaders(Headers headers, boolean end);

  /** Sends bytes, and takes over the buffer. */
  void sendData(ByteBuf data, boolean end);

  /** Sends the trailers and ends the message; dropped where the protocol cannot carry them. */
  void sendTrailers(Headers trailers);

  /**
   * Ends the stream in both directions at once; on HTTP/1 closes the connection. With {@link
   * StreamError#NO_ERROR} after the whole response was sent, the response still arrives and only
   * the rest of the request is given up.
   */
  void reset(StreamError error);

  /** Returns whether little enough is queued that more may be sent. */
  boolean isWritable();

  /** Returns bytes of received data to the peer's window; each byte received is returned once. */
  void consumed(int bytes);
}
