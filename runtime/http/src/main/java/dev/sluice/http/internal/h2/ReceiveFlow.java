package dev.sluice.http.internal.h2;

import static io.netty.handler.codec.http2.Http2Error.FLOW_CONTROL_ERROR;
import static io.netty.handler.codec.http2.Http2Exception.connectionError;
import static io.netty.handler.codec.http2.Http2Exception.streamError;

import dev.sluice.http.internal.net.Flow;
import dev.sluice.http.internal.net.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameWriter;
import io.netty.handler.codec.http2.Http2LocalFlowController;
import io.netty.handler.codec.http2.Http2Stream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the windows that this side grants (RFC 9113 section 5.2). A stream's window is given back
 * when its bytes were consumed. The connection's window is given back on arrival, so that a stream
 * whose reader is slow does not stop the others, until the connection, or all connections of the
 * loop together, hold more than they should; then only what is consumed is given back.
 */
final class ReceiveFlow implements Http2LocalFlowController {
  private final Loop loop;
  private final Http2Connection.PropertyKey key;
  private @Nullable H2Connection owner;
  private int initialWindow = Flow.WINDOW;
  private int window = 65_535;
  private int held;

  ReceiveFlow(Loop loop, Http2Connection.PropertyKey key) {
    this.loop = loop;
    this.key = key;
  }

  void owner(H2Connection handler) {
    owner = handler;
  }

  private @Nullable H2Stream own(@Nullable Http2Stream stream) {
    return stream == null ? null : stream.getProperty(key);
  }

  @Override
  public void receiveFlowControlledFrame(
      @Nullable Http2Stream stream, ByteBuf data, int padding, boolean endOfStream)
      throws Http2Exception {
    int bytes = data.readableBytes() + padding;
    window -= bytes;
    if (window < 0) {
      throw connectionError(FLOW_CONTROL_ERROR, "more data than the connection window allows");
    }
    var own = own(stream);
    if (own != null) {
      hold(bytes);
      if (!own.received(bytes)) {
        throw streamError(own.id(), FLOW_CONTROL_ERROR, "more data than the window allows");
      }
    }
    refill();
  }

  @Override
  public boolean consumeBytes(@Nullable Http2Stream stream, int bytes) {
    var own = own(stream);
    if (own != null) {
      own.consumed(bytes);
    }
    return false;
  }

  /** Counts bytes that a stream holds (negative: no longer holds). */
  void hold(int bytes) {
    held += bytes;
    loop.hold(bytes);
  }

  /** Gives the connection's window back as far as the bytes held allow. */
  void refill() {
    int most = loop.holdsTooMuch() ? Flow.CONNECTION_WINDOW : Flow.HELD_PER_CONNECTION;
    int wanted = Math.min(Flow.CONNECTION_WINDOW, most - held);
    int credit = wanted - window;
    if (owner != null && credit >= Flow.CONNECTION_WINDOW / 2) {
      window += credit;
      owner.windowUpdate(0, credit);
    }
  }

  @Override
  public int unconsumedBytes(Http2Stream stream) {
    var own = own(stream);
    return own == null ? 0 : own.unconsumed();
  }

  @Override
  public int initialWindowSize(Http2Stream stream) {
    return initialWindow;
  }

  @Override
  public Http2LocalFlowController frameWriter(Http2FrameWriter frameWriter) {
    return this;
  }

  @Override
  public void channelHandlerContext(ChannelHandlerContext ctx) {
    // The owner writes.
  }

  @Override
  public void initialWindowSize(int newWindowSize) {
    initialWindow = newWindowSize;
  }

  @Override
  public int initialWindowSize() {
    return initialWindow;
  }

  @Override
  public int windowSize(Http2Stream stream) {
    var own = own(stream);
    return own == null ? window : own.receiveWindow();
  }

  @Override
  public void incrementWindowSize(Http2Stream stream, int delta) {
    throw new UnsupportedOperationException("windows are fixed");
  }
}
