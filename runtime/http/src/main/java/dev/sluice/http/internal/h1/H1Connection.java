package dev.sluice.http.internal.h1;

import dev.sluice.http.StreamError;
import dev.sluice.http.internal.net.BadMessage;
import dev.sluice.http.internal.net.Flow;
import dev.sluice.http.internal.net.Loop;
import dev.sluice.http.internal.net.LoopConnection;
import dev.sluice.http.internal.net.Outbox;
import dev.sluice.plugin.Headers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Is what both sides of an HTTP/1 connection have in common: gathering input, pausing it, flushing,
 * and noticing the end.
 */
abstract class H1Connection extends ChannelInboundHandlerAdapter
    implements LoopConnection, BodyDecoder.Sink {
  private static final Logger LOG = LoggerFactory.getLogger(H1Connection.class);

  /** Octets that are tried first when a head is parsed; bodies behind it are not copied then. */
  private static final int USUAL_HEAD = 4096;

  private final Loop loop;
  private final int maxHead;
  private @Nullable ChannelHandlerContext context;
  private @Nullable Outbox outbox;
  private Loop.@Nullable Registration registration;
  private @Nullable ByteBuf in;
  private int scanned;
  private boolean paused;
  private boolean inputClosed;
  private boolean closed;
  private boolean outputShut;
  private boolean processing;
  private long lastActivity;

  H1Connection(Loop loop, int maxHead) {
    this.loop = loop;
    this.maxHead = maxHead;
  }

  final Loop loop() {
    return loop;
  }

  final ChannelHandlerContext context() {
    var ctx = context;
    if (ctx == null) {
      throw new IllegalStateException("not in a pipeline");
    }
    return ctx;
  }

  final Outbox outbox() {
    var box = outbox;
    if (box == null) {
      throw new IllegalStateException("not in a pipeline");
    }
    return box;
  }

  final void dirty() {
    var place = registration;
    if (place != null) {
      place.dirty();
    }
  }

  /** Returns what was received and not yet parsed, or null. */
  final @Nullable ByteBuf in() {
    return in;
  }

  final boolean hasInput() {
    var buffer = in;
    return buffer != null && buffer.isReadable();
  }

  final boolean inputClosed() {
    return inputClosed;
  }

  final boolean isClosed() {
    return closed;
  }

  final long lastActivity() {
    return lastActivity;
  }

  final void touch() {
    lastActivity = loop.now();
  }

  /** Returns what the connection belongs to. */
  abstract Object owner();

  /** Returns the stream that is open, or null. */
  abstract @Nullable H1Stream stream();

  /** Parses what has come; called whenever there is something. */
  abstract void process(ByteBuf in);

  /** The peer broke the rules. */
  abstract void refuse(BadMessage problem);

  /** The peer will not send any more. */
  abstract void onInputClosed();

  /** The channel is closed. */
  abstract void onClosed();

  /** A stream has written. */
  abstract void wrote(H1Stream stream);

  /** A stream wants to end at once. */
  abstract void reset(H1Stream stream, StreamError error);

  /** Makes the callbacks that waited for the flush. */
  abstract void report();

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
    outbox = new Outbox(ctx);
    registration = loop.register(this, owner());
    touch();
  }

  @Override
  public final void channelRead(ChannelHandlerContext ctx, Object message) {
    var data = (ByteBuf) message;
    if (closed) {
      data.release();
      return;
    }
    touch();
    var rest = in;
    if (rest == null) {
      in = data;
    } else {
      in = append(ctx, rest, data);
    }
    process();
  }

  private static ByteBuf append(ChannelHandlerContext ctx, ByteBuf rest, ByteBuf data) {
    var all = rest;
    if (rest.refCnt() > 1 || rest.writableBytes() < data.readableBytes()) {
      all = ctx.alloc().ioBuffer((rest.readableBytes() + data.readableBytes()) * 2);
      all.writeBytes(rest);
      rest.release();
    }
    all.writeBytes(data);
    data.release();
    return all;
  }

  /** Parses what is there, unless that is being done. */
  final void process() {
    var buffer = in;
    if (processing || buffer == null || closed) {
      return;
    }
    processing = true;
    try {
      process(buffer);
    } catch (BadMessage e) {
      refuse(e);
    } finally {
      processing = false;
    }
    if (in != null && !in.isReadable()) {
      releaseInput();
    }
    updateReading();
  }

  /** Drops what was received. */
  final void releaseInput() {
    var buffer = in;
    in = null;
    scanned = 0;
    if (buffer != null) {
      buffer.release();
    }
  }

  /** Parses a head out of an array. */
  interface HeadParse {
    int parse(byte[] octets, int from, int to);
  }

  /**
   * Parses a head when all of it is there.
   *
   * @throws BadMessage when it is malformed or too long
   */
  final boolean head(ByteBuf buffer, HeadParse parse) {
    int length = buffer.readableBytes();
    int start = buffer.readerIndex();
    // Parsing again makes sense only after another line came; that bounds how often it happens.
    boolean worthIt =
        scanned == 0 || buffer.indexOf(start + scanned, start + length, (byte) '\n') >= 0;
    int size = Math.min(length, Math.min(USUAL_HEAD, maxHead));
    while (worthIt) {
      var octets = loop.scratch(size);
      buffer.getBytes(start, octets, 0, size);
      int end = parse.parse(octets, 0, size);
      if (end >= 0) {
        buffer.readerIndex(start + end);
        scanned = 0;
        return true;
      }
      if (size >= Math.min(length, maxHead)) {
        break;
      }
      size = Math.min(length, maxHead);
    }
    if (length >= maxHead) {
      boolean startLine = buffer.indexOf(start, start + maxHead, (byte) '\n') < 0;
      throw new BadMessage(startLine ? 414 : 431, "head of more than " + maxHead + " octets");
    }
    scanned = length;
    return false;
  }

  @Override
  public final byte[] scratch(int size) {
    return loop.scratch(size);
  }

  @Override
  public void data(ByteBuf data, boolean end) {
    var open = stream();
    if (open == null) {
      data.release();
    } else {
      open.receive(data, end);
    }
  }

  @Override
  public void trailers(Headers trailers) {
    var open = stream();
    if (open != null && !open.isOver()) {
      open.inDone(true);
      open.handler().onTrailers(trailers);
    }
  }

  /** Returns whether input that waits in the buffer is a reason not to read more. */
  abstract boolean isBacklogged();

  /** Reads on or pauses, as what was received is consumed. */
  final void updateReading() {
    var open = stream();
    int unconsumed = open == null ? 0 : open.unconsumed();
    boolean pause =
        isBacklogged() || unconsumed > (paused ? Flow.WINDOW_LOW : Flow.WINDOW - (64 << 10));
    if (pause != paused && !closed) {
      paused = pause;
      context().channel().config().setAutoRead(!pause);
    }
  }

  @Override
  public final void channelWritabilityChanged(ChannelHandlerContext ctx) {
    dirty();
  }

  @Override
  public final void flush() {
    if (!closed) {
      var box = outbox();
      box.flush();
      for (var open = stream(); open != null && open.body().drain(); ) {
        touch();
        box.flush();
        wrote(open);
      }
    }
    report();
  }

  @Override
  public final void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      closeInput();
    } else {
      ctx.fireUserEventTriggered(event);
    }
  }

  private void closeInput() {
    if (!inputClosed && !closed) {
      inputClosed = true;
      onInputClosed();
    }
  }

  /** Tells the peer, after all that is on its way, that nothing more comes. */
  final void shutdownOutput() {
    if (!outputShut) {
      outputShut = true;
      var channel = context().channel();
      if (channel.pipeline().get(SslHandler.class) != null) {
        closeWhenSent();
      } else {
        outbox().drain();
        context()
            .writeAndFlush(Unpooled.EMPTY_BUFFER)
            .addListener(future -> ((DuplexChannel) channel).shutdownOutput());
      }
    }
  }

  /** Closes after all that is on its way. */
  final void closeWhenSent() {
    outbox().drain();
    context().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
  }

  @Override
  public final void channelInactive(ChannelHandlerContext ctx) {
    shut();
  }

  @Override
  public final void handlerRemoved(ChannelHandlerContext ctx) {
    shut();
  }

  private void shut() {
    if (!closed) {
      closeInput();
      closed = true;
      onClosed();
      releaseInput();
      outbox().close();
      if (registration != null) {
        registration.close();
      }
    }
  }

  @Override
  public final void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof DecoderException) {
      LOG.debug("{} is closed", ctx.channel(), cause); // TLS that is none
    } else if (!(cause instanceof IOException)) {
      LOG.error("{} failed and is closed", ctx.channel(), cause);
    }
    ctx.close();
  }

  @Override
  public final void abort() {
    context().close();
  }
}
