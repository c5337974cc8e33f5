package dev.sluice.http.internal;

import dev.sluice.http.PoolConfig;
import dev.sluice.http.TcpClient;
import dev.sluice.http.internal.net.Loop;
import dev.sluice.http.internal.tcp.TcpChannel;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Makes plain connections to the endpoints of an upstream, on one loop. */
final class TcpConnector implements TcpClient {
  private final PoolConfig config;
  private final Loop loop;
  private final boolean epoll;
  private final @Nullable TlsClient tls;
  private final int timeout;

  TcpConnector(PoolConfig config, Loop loop, boolean epoll) {
    this.config = config;
    this.loop = loop;
    this.epoll = epoll;
    tls =
        config.tls() == null
            ? null
            : new TlsClient(config.tls(), ApplicationProtocolConfig.DISABLED);
    timeout = Math.clamp(config.connectTimeout().toMillis(), 1, Integer.MAX_VALUE);
  }

  @Override
  public Pending connect(InetSocketAddress endpoint, Callback callback) {
    var attempt = new Attempt(endpoint, callback);
    attempt.start();
    return attempt;
  }

  /** Is one attempt to connect. */
  private final class Attempt extends ChannelInitializer<Channel> implements Pending {
    private final InetSocketAddress endpoint;
    private final Callback callback;
    private @Nullable Channel channel;
    private boolean done;

    Attempt(InetSocketAddress endpoint, Callback callback) {
      this.endpoint = endpoint;
      this.callback = callback;
    }

    void start() {
      var connecting =
          new Bootstrap()
              .group(loop.eventLoop())
              .channel(epoll ? EpollSocketChannel.class : NioSocketChannel.class)
              .disableResolver()
              .option(ChannelOption.TCP_NODELAY, true)
              .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
              .option(ChannelOption.AUTO_READ, tls != null)
              .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, timeout)
              .option(ChannelOption.WRITE_BUFFER_WATER_MARK, NettyServer.waterMark())
              .handler(this)
              .connect(endpoint);
      channel = connecting.channel();
      connecting.addListener(
          connected -> {
            if (!connected.isSuccess()) {
              var cause = connected.cause();
              failed("cannot connect to " + endpoint + ": " + (cause == null ? "?" : cause));
            } else if (tls == null) {
              succeeded(connecting.channel());
            }
          });
    }

    @Override
    protected void initChannel(Channel made) {
      if (tls != null) {
        made.pipeline().addLast("tls", tls.handler(made.alloc(), endpoint, timeout));
        made.pipeline().addLast("handshake", new Handshake(this));
      }
    }

    void succeeded(Channel made) {
      if (done) {
        made.close();
        return;
      }
      done = true;
      made.config().setAutoRead(false);
      TcpChannel.attach(loop, made, this, config.upstream(), Duration.ZERO, callback::connected);
    }

    void failed(String detail) {
      if (!done) {
        done = true;
        callback.failed(detail);
      }
    }

    @Override
    public void cancel() {
      done = true;
      if (channel != null) {
        channel.close();
      }
    }
  }

  /** Waits for the end of the handshake. */
  private static final class Handshake extends ChannelInboundHandlerAdapter {
    private final Attempt attempt;

    Handshake(Attempt attempt) {
      this.attempt = attempt;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof SslHandshakeCompletionEvent handshake) {
        ctx.pipeline().remove(this);
        if (handshake.isSuccess()) {
          attempt.succeeded(ctx.channel());
        } else {
          attempt.failed(
              "no TLS with " + attempt.endpoint + ": " + TlsClient.reason(handshake.cause()));
          ctx.close();
        }
      } else {
        ctx.fireUserEventTriggered(event);
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      attempt.failed(attempt.endpoint + " closed during the TLS handshake");
      ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
