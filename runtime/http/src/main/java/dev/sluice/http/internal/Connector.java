package dev.sluice.http.internal;

import dev.sluice.http.PoolConfig;
import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.StreamError;
import dev.sluice.http.internal.h1.Http1Codec;
import dev.sluice.http.internal.h2.Http2Codec;
import dev.sluice.http.internal.net.Codec;
import dev.sluice.http.internal.net.Loop;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Makes connections to the endpoints of an upstream, on one loop. */
final class Connector {
  private final PoolConfig config;
  private final Loop loop;
  private final boolean epoll;
  private final @Nullable TlsClient tls;
  private final Codec http1 = new Http1Codec();
  private final Codec http2 = new Http2Codec();

  Connector(PoolConfig config, Loop loop, boolean epoll) {
    this.config = config;
    this.loop = loop;
    this.epoll = epoll;
    this.tls = config.tls() == null ? null : new TlsClient(config.tls(), config.protocol());
  }

  /** Connects, and tells the pool of the result later. */
  void connect(InetSocketAddress endpoint, EndpointPool pool) {
    if (!endpoint.isUnresolved()) {
      connect(endpoint, endpoint, pool);
      return;
    }
    // The resolver of the JDK blocks, so it does not run on the loop.
    Thread.ofVirtual()
        .name("sluice-resolve")
        .start(
            () -> {
              try {
                var address = InetAddress.getByName(endpoint.getHostString());
                var resolved = new InetSocketAddress(address, endpoint.getPort());
                onLoop(() -> connect(endpoint, resolved, pool));
              } catch (UnknownHostException e) {
                onLoop(
                    () -> pool.failed(StreamError.CONNECTION_LOST, "cannot resolve " + endpoint));
              }
            });
  }

  private void onLoop(Runnable task) {
    try {
      loop.eventLoop().execute(task);
    } catch (RejectedExecutionException e) {
      // The transport was closed meanwhile, and its pools with it.
      return;
    }
  }

  private void connect(InetSocketAddress endpoint, InetSocketAddress resolved, EndpointPool pool) {
    int timeout = Math.clamp(config.connectTimeout().toMillis(), 1, Integer.MAX_VALUE);
    new Bootstrap()
        .group(loop.eventLoop())
        .channel(epoll ? EpollSocketChannel.class : NioSocketChannel.class)
        .disableResolver()
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, timeout)
        .option(ChannelOption.WRITE_BUFFER_WATER_MARK, NettyServer.waterMark())
        .handler(initializer(endpoint, pool, timeout))
        .connect(resolved)
        .addListener(
            connected -> {
              if (!connected.isSuccess()) {
                var cause = connected.cause();
                pool.failed(
                    StreamError.CONNECTION_LOST,
                    "cannot connect to " + endpoint + ": " + (cause == null ? "?" : cause));
              } else if (tls == null) {
                var channel = ((io.netty.channel.ChannelFuture) connected).channel();
                codec(config.protocol() == ProtocolChoice.HTTP_2).call(channel, loop, config, pool);
              }
            });
  }

  private Codec codec(boolean isHttp2) {
    return isHttp2 ? http2 : http1;
  }

  private ChannelHandler initializer(InetSocketAddress endpoint, EndpointPool pool, int timeout) {
    return new ChannelInitializer<Channel>() {
      @Override
      protected void initChannel(Channel channel) {
        var secure = tls;
        if (secure != null) {
          channel.pipeline().addLast("tls", secure.handler(channel.alloc(), endpoint, timeout));
          channel.pipeline().addLast("alpn", new ClientAlpn(endpoint, pool));
        }
      }
    };
  }

  /** Hands the connection to the codec that was negotiated. */
  private final class ClientAlpn extends io.netty.channel.ChannelInboundHandlerAdapter {
    private final InetSocketAddress endpoint;
    private final EndpointPool pool;
    private boolean done;

    ClientAlpn(InetSocketAddress endpoint, EndpointPool pool) {
      this.endpoint = endpoint;
      this.pool = pool;
    }

    @Override
    public void userEventTriggered(io.netty.channel.ChannelHandlerContext ctx, Object event) {
      if (event instanceof io.netty.handler.ssl.SslHandshakeCompletionEvent handshake && !done) {
        done = true;
        if (handshake.isSuccess()) {
          var protocol = ctx.pipeline().get(SslHandler.class).applicationProtocol();
          boolean isHttp2 = "h2".equals(protocol);
          ctx.pipeline().remove(this);
          if (isHttp2 || config.protocol() != ProtocolChoice.HTTP_2) {
            codec(isHttp2).call(ctx.channel(), loop, config, pool);
            return;
          }
          pool.failed(StreamError.PROTOCOL_ERROR, endpoint + " does not speak h2 over TLS");
        } else {
          pool.failed(
              StreamError.CONNECTION_LOST,
              "no TLS with " + endpoint + ": " + TlsClient.reason(handshake.cause()));
        }
        ctx.close();
        return;
      }
      ctx.fireUserEventTriggered(event);
    }

    @Override
    public void channelInactive(io.netty.channel.ChannelHandlerContext ctx) {
      if (!done) {
        done = true;
        pool.failed(StreamError.CONNECTION_LOST, endpoint + " closed during the TLS handshake");
      }
      ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(io.netty.channel.ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
