package dev.sluice.http.internal;

import dev.sluice.http.internal.net.ListenerSide;
import dev.sluice.http.internal.net.Loop;
import dev.sluice.http.internal.net.LoopConnection;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import org.jspecify.annotations.Nullable;

/**
 * Tells HTTP/2 by prior knowledge (RFC 9113 section 3.3) from HTTP/1 by the first bytes of a
 * cleartext connection.
 */
final class Sniffer extends ChannelInboundHandlerAdapter implements LoopConnection {
  /** No method of HTTP/1 begins so; the codec looks at the rest of the preface. */
  private static final byte[] PREFACE = {'P', 'R', 'I', ' '};

  private final ListenerSide listener;
  private final Listening.Next next;
  private Loop.@Nullable Registration registration;
  private @Nullable ChannelHandlerContext context;
  private @Nullable ByteBuf first;
  private long since;

  Sniffer(ListenerSide listener, Listening.Next next) {
    this.listener = listener;
    this.next = next;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
    registration = listener.loop().register(this, listener.state());
    since = listener.loop().now();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    var data = (ByteBuf) message;
    if (first != null) {
      data = first.writeBytes(data);
      ((ByteBuf) message).release();
      first = null;
    }
    int matched = 0;
    int length = Math.min(PREFACE.length, data.readableBytes());
    while (matched < length && data.getByte(data.readerIndex() + matched) == PREFACE[matched]) {
      matched++;
    }
    if (matched == length && length < PREFACE.length) {
      first = ctx.alloc().buffer(64).writeBytes(data);
      data.release();
      return;
    }
    next.serve(ctx.channel(), matched == PREFACE.length);
    ctx.fireChannelRead(data);
    ctx.pipeline().remove(this);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      ctx.close();
    } else {
      ctx.fireUserEventTriggered(event);
    }
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    if (registration != null) {
      registration.close();
      registration = null;
    }
    if (first != null) {
      first.release();
      first = null;
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }

  @Override
  public void tick(long now) {
    var idle = listener.config().timeouts().idle();
    if (!idle.isZero() && now - since > idle.toMillis()) {
      abort();
    }
  }

  @Override
  public void flush() {}

  @Override
  public void drain() {
    abort();
  }

  @Override
  public void abort() {
    if (context != null) {
      context.close();
    }
  }
}
