package dev.sluice.http.internal.tcp;

import dev.sluice.http.ConnectionInfo;
import dev.sluice.http.Protocol;
import dev.sluice.http.TcpConnection;
import dev.sluice.http.TcpHandler;
import dev.sluice.http.internal.net.ConnectionFacts;
import dev.sluice.http.internal.net.Loop;
import dev.sluice.http.internal.net.LoopConnection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Is a connection whose bytes are handed on as they come. It takes the place at the end of a
 * channel's pipeline, after TLS. Belongs to its loop.
 */
public final class TcpChannel extends ChannelInboundHandlerAdapter
    implements TcpConnection, LoopConnection {
  private final Loop loop;
  private final Channel channel;
  private final ConnectionInfo info;
  private final long idleMillis;
  private Loop.@Nullable Registration registration;
  private @Nullable TcpHandler handler;
  private long lastMoved;
  private boolean inputEnded;
  private boolean outputEnded;
  private boolean closed;
  private String reason = "";

  private TcpChannel(Loop loop, Channel channel, String owner, Duration idle) {
    this.loop = loop;
    this.channel = channel;
    this.idleMillis = idle.toMillis();
    info = ConnectionFacts.of(channel, Protocol.HTTP_1_1, owner);
  }

  /**
   * Puts a connection into the pipeline of an active channel that does not read by itself.
   *
   * @param group what the connection belongs to on the loop
   * @param owner the name of the listener or upstream
   * @param idle zero for no bound
   * @param handler makes what receives its bytes; null closes it
   */
  public static void attach(
      Loop loop,
      Channel channel,
      Object group,
      String owner,
      Duration idle,
      Function<TcpConnection, @Nullable TcpHandler> handler) {
    var connection = new TcpChannel(loop, channel, owner, idle);
    connection.registration = loop.register(connection, group);
    connection.lastMoved = loop.now();
    channel.pipeline().addLast("tcp", connection);
    var receiver = handler.apply(connection);
    if (receiver == null) {
      channel.close();
    }
    connection.handler = receiver;
  }

  @Override
  public ConnectionInfo info() {
    return info;
  }

  @Override
  public EventLoop loop() {
    return loop.eventLoop();
  }

  @Override
  public void send(ByteBuf data) {
    if (outputEnded || closed) {
      data.release();
      return;
    }
    moved();
    channel.write(data, channel.voidPromise());
    flushLater();
  }

  private void flushLater() {
    if (registration != null) {
      registration.dirty();
    }
  }

  @Override
  public void end() {
    if (outputEnded || closed) {
      return;
    }
    outputEnded = true;
    boolean secure = channel.pipeline().get(SslHandler.class) != null;
    // Behind what waits to be sent: to shut down drops the rest.
    channel
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            sent -> {
              if (secure || !sent.isSuccess() || !(channel instanceof DuplexChannel duplex)) {
                channel.close();
              } else if (!duplex.isOutputShutdown()) {
                duplex.shutdownOutput();
              }
            });
  }

  @Override
  public boolean isWritable() {
    return channel.isWritable();
  }

  @Override
  public void setReading(boolean reading) {
    if (!closed) {
      channel.config().setAutoRead(reading);
    }
  }

  @Override
  public void close() {
    if (!closed) {
      outputEnded = true;
      channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }
  }

  @Override
  public void abort() {
    outputEnded = true;
    channel.close();
  }

  // What the channel says.

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    moved();
    var data = (ByteBuf) message;
    var to = handler;
    if (to == null || inputEnded) {
      data.release();
    } else {
      to.onData(data);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent
        || event instanceof ChannelInputShutdownReadComplete
        || event instanceof SslCloseCompletionEvent) {
      inputEnded();
    }
  }

  private void inputEnded() {
    if (!inputEnded) {
      inputEnded = true;
      var to = handler;
      if (to != null && !closed) {
        to.onEnd();
      }
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    var to = handler;
    if (to != null && !closed) {
      // Later: a write inside a callback must not call back.
      loop.eventLoop()
          .execute(
              () -> {
                if (!closed) {
                  to.onWritable();
                }
              });
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    ended();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    ended();
  }

  private void ended() {
    if (closed) {
      return;
    }
    closed = true;
    if (registration != null) {
      registration.close();
      registration = null;
    }
    var to = handler;
    if (to != null) {
      // Later, for the same reason: close() may be called from a callback.
      loop.eventLoop().execute(() -> to.onClosed(reason));
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (reason.isEmpty()) {
      reason = String.valueOf(cause.getMessage());
    }
    ctx.close();
  }

  private void moved() {
    lastMoved = loop.now();
  }

  // What the loop says.

  @Override
  public void flush() {
    channel.flush();
  }

  @Override
  public void tick(long now) {
    var to = handler;
    if (idleMillis > 0 && now - lastMoved > idleMillis && to != null && !closed) {
      lastMoved = now;
      to.onIdle();
    }
  }

  @Override
  public void drain() {
    var to = handler;
    if (to != null && !closed) {
      to.onDrain();
    }
  }
}
