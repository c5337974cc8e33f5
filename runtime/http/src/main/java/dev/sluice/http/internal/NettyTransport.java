package dev.sluice.http.internal;

import dev.sluice.http.HttpClient;
import dev.sluice.http.HttpServer;
import dev.sluice.http.ListenerConfig;
import dev.sluice.http.PoolConfig;
import dev.sluice.http.ServerHandler;
import dev.sluice.http.TcpClient;
import dev.sluice.http.Transport;
import dev.sluice.http.internal.net.Loop;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.internal.PlatformDependent;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Is the transport on Netty's event loops. */
public final class NettyTransport implements Transport {
  private static final Logger LOG = LoggerFactory.getLogger(NettyTransport.class);

  /** Received bytes that all streams may hold before connection windows shrink. */
  private static final long HELD_MAX = 256L << 20;

  private final boolean epoll;
  private final List<Loop> loops;
  private final List<EventLoop> eventLoops;
  private final List<NettyServer> servers = new ArrayList<>();

  private NettyTransport(int threads, boolean epoll) {
    this.epoll = epoll;
    var made = new ArrayList<Loop>();
    IoHandlerFactory io = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    long held = Math.min(HELD_MAX, PlatformDependent.maxDirectMemory() / 4) / threads;
    for (int i = 0; i < threads; i++) {
      int number = i;
      ThreadFactory thread = task -> new LoopThread(this, number, task);
      var eventLoop = new SingleThreadIoEventLoop(null, thread, io);
      made.add(new Loop(number, eventLoop, held));
    }
    loops = List.copyOf(made);
    eventLoops = loops.stream().map(Loop::eventLoop).toList();
  }

  /**
   * Starts event loops.
   *
   * @param threads how many, at least 1
   */
  public static NettyTransport create(int threads) {
    return create(threads, !Boolean.getBoolean("sluice.nio"));
  }

  /**
   * Starts event loops.
   *
   * @param threads how many, at least 1
   * @param epoll whether to use epoll where the system has it
   */
  static NettyTransport create(int threads, boolean epoll) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: " + threads + " (expected: at least 1)");
    }
    return new NettyTransport(threads, epoll && Epoll.isAvailable());
  }

  @Override
  public List<EventLoop> loops() {
    return eventLoops;
  }

  @Override
  public int currentLoop() {
    return Thread.currentThread() instanceof LoopThread thread ? thread.numberIn(this) : -1;
  }

  @Override
  public String kind() {
    return epoll ? "epoll" : "nio";
  }

  @Override
  public HttpServer bind(ListenerConfig config, ServerHandler handler) {
    if (currentLoop() >= 0) {
      throw new IllegalStateException("bind blocks and must not be called on a loop");
    }
    var server = new NettyServer(config, handler, loops, epoll);
    synchronized (servers) {
      servers.removeIf(NettyServer::isClosed);
      servers.add(server);
    }
    return server;
  }

  @Override
  public HttpClient client(PoolConfig config, int loop) {
    return new ClientPool(config, loops.get(loop), epoll);
  }

  @Override
  public TcpClient tcpClient(PoolConfig config, int loop) {
    return new TcpConnector(config, loops.get(loop), epoll);
  }

  @Override
  public void close() {
    synchronized (servers) {
      servers.forEach(NettyServer::closeListening);
      servers.clear();
    }
    for (var loop : eventLoops) {
      loop.shutdownGracefully(0, 5, TimeUnit.SECONDS);
    }
    for (var loop : eventLoops) {
      if (currentLoop() < 0 && !loop.terminationFuture().awaitUninterruptibly(10_000)) {
        LOG.warn("An event loop did not end within 10 s: {}", loop);
      }
    }
  }
}
