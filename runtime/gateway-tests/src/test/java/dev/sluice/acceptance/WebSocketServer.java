package dev.sluice.acceptance;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Serves WebSocket (RFC 6455) on the path {@code /chat} with Netty's own codec: sends frames back
 * as they come, and does what the texts {@code ping}, {@code close} and {@code vanish} say.
 */
final class WebSocketServer implements AutoCloseable {
  static final int LARGEST = 4 << 20;

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
  private final Channel channel;

  WebSocketServer() {
    var settings =
        WebSocketServerProtocolConfig.newBuilder()
            .websocketPath("/chat")
            .subprotocols("echo")
            .maxFramePayloadLength(LARGEST)
            .handleCloseFrames(false)
            .dropPongFrames(false)
            .build();
    channel =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel accepted) {
                    accepted
                        .pipeline()
                        .addLast(
                            new HttpServerCodec(),
                            new HttpObjectAggregator(1 << 16),
                            new WebSocketServerProtocolHandler(settings),
                            new Echo(),
                            new Refusal());
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .syncUninterruptibly()
            .channel();
  }

  /** Returns its port. */
  int port() {
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  /** Waits for the next event other than a message: {@code pong}, {@code close}, {@code gone}. */
  @Nullable String event() throws InterruptedException {
    return events.poll(60, TimeUnit.SECONDS);
  }

  private final class Echo extends SimpleChannelInboundHandler<WebSocketFrame> {
    @Override
    protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) {
      switch (frame) {
        case PongWebSocketFrame pong ->
            events.add("pong " + pong.content().toString(StandardCharsets.UTF_8));
        case CloseWebSocketFrame close -> {
          events.add("close " + close.statusCode() + " " + close.reasonText());
          ctx.writeAndFlush(close.retain());
        }
        case TextWebSocketFrame text when text.text().equals("ping") ->
            ctx.writeAndFlush(new PingWebSocketFrame(frame.content().retain()));
        case TextWebSocketFrame text when text.text().equals("close") ->
            ctx.writeAndFlush(new CloseWebSocketFrame(4001, "enough"));
        case TextWebSocketFrame text when text.text().equals("vanish") ->
            ctx.channel().unsafe().closeForcibly();
        default -> ctx.writeAndFlush(frame.retain());
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      events.add("gone");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }

  /** Answers what is no WebSocket, or not on its path. */
  private static final class Refusal extends SimpleChannelInboundHandler<FullHttpRequest> {
    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
      var response =
          new DefaultFullHttpResponse(request.protocolVersion(), HttpResponseStatus.NOT_FOUND);
      response.headers().set("content-length", 0);
      ctx.writeAndFlush(response);
    }
  }

  @Override
  public void close() {
    channel.close();
    group.shutdownGracefully(0, 10, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
