package dev.sluice.http.internal;

import dev.sluice.http.HttpServer;
import dev.sluice.http.ListenerConfig;
import dev.sluice.http.ServerHandler;
import dev.sluice.http.Transport.BindException;
import dev.sluice.http.internal.net.Flow;
import dev.sluice.http.internal.net.ListenerSide;
import dev.sluice.http.internal.net.ListenerState;
import dev.sluice.http.internal.net.Loop;
import dev.sluice.http.internal.net.LoopConnection;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.unix.UnixChannelOption;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Is a bound listener: on epoll one socket for each loop and address, else one for each address.
 */
final class NettyServer implements HttpServer {
  private static final int BACKLOG = 4096;

  private final List<Loop> loops;
  private final List<Channel> channels = new ArrayList<>();
  private final List<InetSocketAddress> addresses = new ArrayList<>();
  private final ListenerState state = new ListenerState();
  private final @Nullable TlsServer tls;

  NettyServer(ListenerConfig config, ServerHandler handler, List<Loop> loops, boolean epoll) {
    this.loops = loops;
    var protocols = config.tcp() ? List.<String>of() : TlsServer.protocols(true, true);
    tls = config.tls() == null ? null : new TlsServer(config.tls(), protocols);
    var sides = loops.stream().map(loop -> new ListenerSide(config, handler, loop, state)).toList();
    try {
      for (var address : config.addresses()) {
        bind(config, address, sides, epoll);
      }
    } catch (RuntimeException e) {
      closeListening();
      throw e;
    }
  }

  private void bind(
      ListenerConfig config, InetSocketAddress address, List<ListenerSide> sides, boolean epoll) {
    var bound = address;
    for (int i = 0; i < (epoll ? sides.size() : 1); i++) {
      var served = epoll ? List.of(sides.get(i)) : sides;
      ServerChannel channel = epoll ? new EpollServerSocketChannel() : new NioServerSocketChannel();
      if (epoll) {
        channel.config().setOption(UnixChannelOption.SO_REUSEPORT, true);
      }
      channel.config().setOption(ChannelOption.SO_BACKLOG, BACKLOG);
      channel.config().setOption(ChannelOption.SO_REUSEADDR, true);
      channel.pipeline().addLast(new Acceptor(served, tls));
      channels.add(channel);
      var future = loops.get(i).eventLoop().register(channel).awaitUninterruptibly();
      if (future.isSuccess()) {
        future = channel.bind(bound).awaitUninterruptibly();
      }
      if (!future.isSuccess()) {
        throw new BindException(
            "listener " + config.name() + ": cannot bind " + bound + ": " + future.cause(),
            future.cause());
      }
      bound = (InetSocketAddress) channel.localAddress();
    }
    addresses.add(bound);
  }

  static WriteBufferWaterMark waterMark() {
    return new WriteBufferWaterMark(Flow.CHANNEL_LOW, Flow.CHANNEL_HIGH);
  }

  @Override
  public List<InetSocketAddress> addresses() {
    return List.copyOf(addresses);
  }

  @Override
  public int connections() {
    return state.connections();
  }

  @Override
  public Runnable renewCertificates() {
    return tls == null ? () -> {} : tls.renew();
  }

  /** Returns whether it accepts no more. */
  boolean isClosed() {
    return channels.stream().noneMatch(Channel::isOpen);
  }

  /** Stops accepting. */
  void closeListening() {
    channels.forEach(Channel::close);
  }

  @Override
  public CompletableFuture<Void> drain(Duration timeout) {
    closeListening();
    state.drain();
    onEveryLoop(LoopConnection::drain);
    loops
        .getFirst()
        .eventLoop()
        .schedule(
            () -> onEveryLoop(LoopConnection::abort), timeout.toMillis(), TimeUnit.MILLISECONDS);
    return state.drained().copy();
  }

  private void onEveryLoop(Consumer<LoopConnection> action) {
    for (var loop : loops) {
      loop.eventLoop().execute(() -> loop.forEach(state, action));
    }
  }
}
