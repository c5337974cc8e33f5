package dev.sluice.http.internal;

import dev.sluice.http.internal.net.ListenerSide;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts accepted connections on their loop: the one that accepted, or several in turn. */
final class Acceptor extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(Acceptor.class);

  private final List<ListenerSide> sides;
  private final @Nullable TlsServer tls;
  private int next;

  Acceptor(List<ListenerSide> sides, @Nullable TlsServer tls) {
    this.sides = sides;
    this.tls = tls;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    var channel = (Channel) message;
    var side = sides.get(next);
    next = (next + 1) % sides.size();
    var config = channel.config();
    config.setOption(ChannelOption.TCP_NODELAY, true);
    config.setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    config.setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, NettyServer.waterMark());
    channel.pipeline().addLast(new Listening(side, tls));
    side.loop()
        .eventLoop()
        .register(channel)
        .addListener(
            registered -> {
              if (!registered.isSuccess()) {
                channel.unsafe().closeForcibly();
              }
            });
  }

  /** Too many open files, mostly: to try again at once would only burn the loop. */
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    var config = ctx.channel().config();
    LOG.warn("Cannot accept a connection; the next try is in 1 s: {}", cause.toString());
    if (config.isAutoRead()) {
      config.setAutoRead(false);
      ctx.executor().schedule(() -> config.setAutoRead(true), 1, TimeUnit.SECONDS);
    }
  }
}
