package dev.sluice.http.internal.h1;

import dev.sluice.http.ConnectionInfo;
import dev.sluice.http.HttpStream;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.StreamError;
import dev.sluice.http.internal.h1.BodyWriter.Framing;
import dev.sluice.plugin.Headers;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/**
 * Is one exchange on an HTTP/1 connection. Calls of the handler that follow from calls of this
 * stream are made at the end of the loop's turn, so that the handler is never re-entered.
 */
abstract class H1Stream implements HttpStream {
  private final H1Connection connection;
  private final ConnectionInfo info;
  private final BodyWriter body;
  private @Nullable HttpStreamHandler handler;
  private boolean inDone;
  private boolean over;
  private int unconsumed;
  private @Nullable StreamError resetError;
  private String resetDetail = "";

  H1Stream(H1Connection connection, ConnectionInfo info) {
    this.connection = connection;
    this.info = info;
    this.body = new BodyWriter(connection.outbox());
  }

  /** Connects the stream with what receives the other direction. */
  final void handler(HttpStreamHandler receiver) {
    handler = receiver;
  }

  final HttpStreamHandler handler() {
    var receiver = handler;
    if (receiver == null) {
      throw new IllegalStateException("the stream has no handler yet");
    }
    return receiver;
  }

  final boolean hasHandler() {
    return handler != null;
  }

  final BodyWriter body() {
    return body;
  }

  /** Returns whether the message that comes in is complete. */
  final boolean inDone() {
    return inDone;
  }

  final void inDone(boolean done) {
    inDone = done;
  }

  /** Returns whether nothing is to be sent or received any more. */
  final boolean isOver() {
    return over;
  }

  /** Ends the stream; what was not sent is discarded. */
  final void over() {
    over = true;
    body.discard();
  }

  /** Ends the stream because of something that the handler did; it is told with the next report. */
  final void fail(StreamError error, String detail) {
    resetError = error;
    resetDetail = detail;
    over();
  }

  final boolean isComplete() {
    return inDone && body.done();
  }

  /** Hands received bytes to the handler. */
  final void receive(ByteBuf data, boolean end) {
    if (over) {
      data.release();
      return;
    }
    unconsumed += data.readableBytes();
    inDone |= end;
    handler().onData(data, end);
  }

  final int unconsumed() {
    return unconsumed;
  }

  /** Makes the last callbacks. */
  final void reportClosed() {
    reportSent();
    if (resetError != null) {
      handler().onReset(resetError, resetDetail);
    }
    handler().onClosed();
  }

  /** Reports what was sent, and whether more may be. */
  final void reportSent() {
    int bytes = body.takeSent();
    if (bytes > 0) {
      handler().onSent(bytes);
    }
    if (body.takeWritable() && !over && !body.ending()) {
      handler().onWritable();
    }
  }

  @Override
  public final EventLoop loop() {
    return connection.loop().eventLoop();
  }

  @Override
  public final ConnectionInfo connection() {
    return info;
  }

  @Override
  public final void sendData(ByteBuf data, boolean end) {
    if (over || body.ending() || body.framing() == Framing.NOT_BEGUN) {
      data.release();
      return;
    }
    body.data(data, end);
    connection.wrote(this);
  }

  @Override
  public final void sendTrailers(Headers trailers) {
    if (over || body.ending() || body.framing() == Framing.NOT_BEGUN) {
      return;
    }
    body.trailers(trailers);
    connection.wrote(this);
  }

  @Override
  public final void reset(StreamError error) {
    if (!over) {
      connection.reset(this, error);
    }
  }

  @Override
  public final boolean isWritable() {
    return body.isWritable();
  }

  @Override
  public final void consumed(int bytes) {
    unconsumed -= bytes;
    if (!over) {
      connection.updateReading();
    }
  }
}
