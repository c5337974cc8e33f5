package dev.sluice.http.internal.h2;

import dev.sluice.http.Protocol;
import dev.sluice.http.StreamError;
import dev.sluice.http.internal.hpack.HpackEncoder;
import dev.sluice.http.internal.net.ConnectionFacts;
import dev.sluice.http.internal.net.Loop;
import dev.sluice.http.internal.net.LoopConnection;
import dev.sluice.http.internal.net.Outbox;
import dev.sluice.plugin.Headers;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Is what both sides of an HTTP/2 connection have in common. Netty reads the frames and keeps the
 * state of connection and streams; what is sent, and when, is decided here, once in each turn of
 * the loop.
 */
abstract class H2Connection extends Http2ConnectionHandler implements LoopConnection {
  private static final Logger LOG = LoggerFactory.getLogger(H2Connection.class);

  private final Parts parts;
  private final HpackEncoder hpack;
  private List<H2Stream> reports = new ArrayList<>();
  private List<H2Stream> reporting = new ArrayList<>();
  private @Nullable ChannelHandlerContext context;
  private @Nullable Outbox outbox;
  private @Nullable FrameOut frames;
  private @Nullable ConnectionFacts facts;
  private Loop.@Nullable Registration registration;
  private boolean closed;
  private boolean closing;
  private int streams;
  private long lastActivity;

  /** Is what a connection is made of, beside what Netty's builder makes. */
  record Parts(
      Loop loop,
      SendFlow sendFlow,
      ReceiveFlow receiveFlow,
      OrderedWriter writer,
      HpackEncoder hpack,
      Http2Connection.PropertyKey key) {}

  H2Connection(
      Http2ConnectionDecoder decoder,
      Http2ConnectionEncoder encoder,
      Http2Settings settings,
      Parts parts) {
    super(decoder, encoder, settings, true);
    this.parts = parts;
    this.hpack = parts.hpack();
  }

  /** Returns what the connection belongs to. */
  abstract Object owner();

  /** Returns the name of the listener or upstream. */
  abstract String ownerName();

  /** Returns whether this side is the server. */
  abstract boolean isServer();

  /** A stream is over on the connection. */
  abstract void onStreamEnd(H2Stream stream);

  /** A stream was reset before it was opened on the connection. */
  abstract void onStreamAbandoned();

  /** The channel is closed; the streams have been told. */
  abstract void onChannelClosed();

  final Loop loop() {
    return parts.loop();
  }

  final SendFlow sendFlow() {
    return parts.sendFlow();
  }

  final ReceiveFlow receiveFlow() {
    return parts.receiveFlow();
  }

  final ChannelHandlerContext context() {
    return present(context);
  }

  final Outbox outbox() {
    return present(outbox);
  }

  final FrameOut frames() {
    return present(frames);
  }

  final ConnectionFacts facts() {
    return present(facts);
  }

  private static <T> T present(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException("not in a pipeline");
    }
    return part;
  }

  final boolean isClosed() {
    return closed;
  }

  /** Returns the streams that are open. */
  final int streamCount() {
    return streams;
  }

  final long lastActivity() {
    return lastActivity;
  }

  final void touch() {
    lastActivity = loop().now();
  }

  /** Asks for a flush at the end of this turn of the loop. */
  final void dirty() {
    if (registration != null) {
      registration.dirty();
    }
  }

  /** Asks for the callbacks of a stream to be made at the end of this turn of the loop. */
  final void report(H2Stream stream) {
    if (stream.enterReport()) {
      reports.add(stream);
    }
    dirty();
  }

  final @Nullable H2Stream stream(int id) {
    var stream = connection().stream(id);
    return stream == null ? null : stream.getProperty(parts.key());
  }

  /** Binds our stream to Netty's. */
  final void bind(H2Stream own, Http2Stream stream) {
    stream.setProperty(parts.key(), own);
    own.bind(stream, parts.sendFlow().initialWindowSize());
    streams++;
    touch();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
    context = ctx;
    var box = new Outbox(ctx);
    outbox = box;
    frames = new FrameOut(loop(), box, hpack);
    facts = ConnectionFacts.of(ctx.channel(), Protocol.HTTP_2, ownerName());
    registration = loop().register(this, owner());
    parts.sendFlow().owner(this);
    parts.receiveFlow().owner(this);
    parts
        .writer()
        .before(
            () -> {
              box.drain();
              dirty();
            });
    connection().addListener(new Ends(this));
    touch();
    super.handlerAdded(ctx);
    parts.receiveFlow().refill();
    dirty();
  }

  @Override
  public final void channelReadComplete(ChannelHandlerContext ctx) {
    discardSomeReadBytes();
    ctx.fireChannelReadComplete();
    dirty();
  }

  @Override
  public final void channelWritabilityChanged(ChannelHandlerContext ctx) {
    dirty();
  }

  @Override
  public final void flush(ChannelHandlerContext ctx) {
    dirty();
  }

  @Override
  public final void flush() {
    if (!closed) {
      var box = outbox();
      do {
        sendFlow().pump();
        box.flush();
      } while (sendFlow().isContended() && sendFlow().window() > 0 && box.isWritable());
    }
    var batch = reports;
    reports = reporting;
    reporting = batch;
    for (int i = 0; i < batch.size(); i++) {
      makeReport(batch.get(i));
    }
    batch.clear();
    if (closing && streams == 0 && !closed) {
      closeWhenSent();
    }
  }

  private void makeReport(H2Stream stream) {
    try {
      stream.report();
    } catch (RuntimeException e) {
      failed(stream, e);
    }
  }

  /** The handler of a stream threw: only this stream suffers. */
  final void failed(H2Stream stream, RuntimeException problem) {
    LOG.error("{}: the handler of a stream failed", facts, problem);
    if (!stream.isOver()) {
      resetStream(stream, StreamError.INTERNAL_ERROR);
    }
  }

  /** Writes the header block of a stream. */
  void sendHeaders(H2Stream stream, Headers headers, boolean end, boolean informational) {
    frames().headers(stream.id(), headers, end);
    stream.stream().headersSent(informational);
    touch();
    dirty();
  }

  /** This side of a stream is done. */
  final void outEnded(H2Stream stream) {
    closeStreamLocal(stream.stream(), context().newSucceededFuture());
    dirty();
  }

  final void windowUpdate(int streamId, int bytes) {
    if (!closed) {
      frames().windowUpdate(streamId, bytes);
      dirty();
    }
  }

  /** Resets a stream from this side. */
  final void resetStream(H2Stream stream, StreamError error) {
    boolean bound = stream.isBound();
    stream.end(false);
    if (bound) {
      encoder().writeRstStream(context(), stream.id(), error.http2Code(), context().newPromise());
      dirty();
    } else {
      onStreamAbandoned();
    }
  }

  /** Netty's stream is over, for whatever reason. */
  final void streamClosed(Http2Stream stream) {
    H2Stream own = stream.getProperty(parts.key());
    if (own == null) {
      return;
    }
    if (own.uncount()) {
      streams--;
    }
    if (own.outDone() && own.inDone()) {
      own.end(true);
    } else {
      own.fail(lostError(own), closed ? "the connection was lost" : "the stream was closed");
    }
    touch();
    onStreamEnd(own);
  }

  /** Says what it means that a stream ended with its connection. */
  StreamError lostError(H2Stream stream) {
    return StreamError.CONNECTION_LOST;
  }

  @Override
  protected void onStreamError(
      ChannelHandlerContext ctx,
      boolean outbound,
      Throwable cause,
      Http2Exception.StreamException problem) {
    var stream = stream(problem.streamId());
    if (stream != null) {
      stream.fail(StreamError.PROTOCOL_ERROR, String.valueOf(problem.getMessage()));
    }
    super.onStreamError(ctx, outbound, cause, problem);
    dirty();
  }

  /** Says whether a peer or the network can bring this about, TLS alerts included. */
  private static boolean isOfThePeer(Throwable cause) {
    return cause instanceof IOException
        || (cause instanceof DecoderException && cause.getCause() instanceof IOException);
  }

  @Override
  protected void onConnectionError(
      ChannelHandlerContext ctx,
      boolean outbound,
      Throwable cause,
      @Nullable Http2Exception problem) {
    if (problem == null && !isOfThePeer(cause)) {
      LOG.error("{}: the connection failed and is closed", facts, cause);
    } else {
      LOG.debug("{}: the connection is closed: {}", facts, cause.toString());
    }
    super.onConnectionError(ctx, outbound, cause, problem);
    dirty();
  }

  @Override
  public final void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) throws Exception {
    if (cause instanceof IOException) {
      ctx.close();
    } else if (closed) {
      LOG.debug("{}: after the end", facts, cause);
    } else {
      onError(ctx, false, cause);
    }
  }

  @Override
  public final void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
    if (event instanceof ChannelInputShutdownEvent) {
      ctx.close();
    } else {
      super.userEventTriggered(ctx, event);
    }
  }

  @Override
  public final void channelInactive(ChannelHandlerContext ctx) throws Exception {
    closed = true;
    super.channelInactive(ctx);
    shut();
  }

  @Override
  protected final void handlerRemoved0(ChannelHandlerContext ctx) throws Exception {
    super.handlerRemoved0(ctx);
    shut();
  }

  private void shut() {
    closed = true;
    if (registration != null && outbox != null) {
      registration.dirty(); // the last reports
      registration.close();
      outbox.close();
      onChannelClosed();
    }
  }

  /** Closes when the last stream has ended. */
  final void closeWhenIdle() {
    closing = true;
    dirty();
  }

  final boolean isClosing() {
    return closing;
  }

  /** Tells the peer which streams are still served. */
  final void sendGoAway(int lastStream, Http2Error error) {
    goAway(context(), lastStream, error.code(), Unpooled.EMPTY_BUFFER, context().newPromise());
    dirty();
  }

  private void closeWhenSent() {
    outbox().drain();
    context().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
  }

  @Override
  public final void abort() {
    context().close();
  }

  /** Hears of streams that end. */
  private static final class Ends extends Http2ConnectionAdapter {
    private final H2Connection connection;

    Ends(H2Connection connection) {
      this.connection = connection;
    }

    @Override
    public void onStreamClosed(Http2Stream stream) {
      connection.streamClosed(stream);
    }
  }
}
