package dev.sluice.benchmarks.internal;

import dev.sluice.http.HttpClient;
import dev.sluice.http.HttpServer;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.ListenerConfig;
import dev.sluice.http.PoolConfig;
import dev.sluice.http.ServerHandler;
import dev.sluice.http.StreamError;
import dev.sluice.http.Transport;
import dev.sluice.http.internal.net.ClientConnection;
import dev.sluice.http.internal.net.Codec;
import dev.sluice.http.internal.net.ListenerSide;
import dev.sluice.http.internal.net.ListenerState;
import dev.sluice.http.internal.net.Loop;
import io.netty.channel.EventLoop;
import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.local.LocalIoHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Is a transport of one event loop that the bench's thread itself turns, with connections in memory
 * on which the real codecs speak. What is left out is the kernel.
 */
public final class EmbeddedTransport implements Transport {
  private static final long HELD_MAX = 64L << 20;

  private final ManualIoEventLoop eventLoop =
      new ManualIoEventLoop(Thread.currentThread(), LocalIoHandler.newFactory());
  private final Loop loop = new Loop(0, eventLoop, HELD_MAX);
  private final Supplier<Codec> codecs;
  private @Nullable EmbeddedChannel upstream;

  /** Creates a transport whose loop is the calling thread. */
  public EmbeddedTransport(Supplier<Codec> codecs) {
    this.codecs = codecs;
  }

  /** Runs what waits on the loop. */
  public void turn() {
    eventLoop.runNow();
  }

  /** Runs a task that blocks beside the loop, and turns the loop until it has ended. */
  public <T> T beside(Callable<T> task) {
    var result = new CompletableFuture<T>();
    Thread.ofPlatform()
        .name("beside-the-loop")
        .start(
            () -> {
              try {
                result.complete(task.call());
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            });
    while (!result.isDone()) {
      turn();
      Thread.onSpinWait();
    }
    turn();
    try {
      return result.join();
    } catch (CompletionException e) {
      throw new IllegalStateException(String.valueOf(e.getCause()), e.getCause());
    }
  }

  /** Opens a connection from a client to a listener. */
  public EmbeddedChannel accept(ListenerConfig config, ServerHandler handler) {
    var channel = new AddressedChannel();
    codecs.get().serve(channel, new ListenerSide(config, handler, loop, new ListenerState()));
    turn();
    return channel;
  }

  /** Returns the connection to the upstream, which the first exchange opens. */
  public EmbeddedChannel upstream() {
    var opened = upstream;
    if (opened == null) {
      throw new IllegalStateException("nothing was sent to the upstream yet");
    }
    return opened;
  }

  /** Returns whether {@link #upstream} is open. */
  public boolean hasUpstream() {
    return upstream != null;
  }

  @Override
  public List<EventLoop> loops() {
    return List.of(eventLoop);
  }

  @Override
  public int currentLoop() {
    return eventLoop.inEventLoop() ? 0 : -1;
  }

  @Override
  public String kind() {
    return "embedded";
  }

  @Override
  public HttpServer bind(ListenerConfig config, ServerHandler handler) {
    throw new UnsupportedOperationException("connections in memory are opened by accept");
  }

  @Override
  public HttpClient client(PoolConfig config, int loopNumber) {
    return new Client(config);
  }

  @Override
  public void close() {
    eventLoop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    while (!eventLoop.isTerminated()) {
      turn();
    }
  }

  /** Has one connection, on which streams wait until it is ready. */
  private final class Client implements HttpClient, ClientConnection.Owner {
    private final PoolConfig config;
    private @Nullable ClientConnection connection;
    private @Nullable Runnable waiting;

    Client(PoolConfig config) {
      this.config = config;
    }

    @Override
    public Pending open(
        InetSocketAddress endpoint, HttpStreamHandler response, OpenCallback callback) {
      var ready = connection;
      if (ready != null) {
        callback.opened(ready.open(response));
        return () -> {};
      }
      waiting = () -> open(endpoint, response, callback);
      var channel = new AddressedChannel();
      upstream = channel;
      codecs.get().call(channel, loop, config, this);
      return () -> waiting = null;
    }

    @Override
    public void ready(ClientConnection established) {
      connection = established;
      var first = waiting;
      waiting = null;
      if (first != null) {
        first.run();
      }
    }

    @Override
    public int connections(InetSocketAddress endpoint) {
      return connection == null ? 0 : 1;
    }

    @Override
    public void roomAgain(ClientConnection with) {}

    @Override
    public void retired(ClientConnection from) {}

    @Override
    public void closed(ClientConnection from, @Nullable StreamError error, String detail) {
      connection = null;
    }

    @Override
    public void close() {
      if (connection != null) {
        connection.retire();
      }
    }
  }

  /** Has addresses as a socket has. */
  private static final class AddressedChannel extends EmbeddedChannel {
    @Override
    protected InetSocketAddress localAddress0() {
      return new InetSocketAddress(InetAddress.getLoopbackAddress(), 8080);
    }

    @Override
    protected InetSocketAddress remoteAddress0() {
      return new InetSocketAddress(InetAddress.getLoopbackAddress(), 40_000);
    }
  }
}
