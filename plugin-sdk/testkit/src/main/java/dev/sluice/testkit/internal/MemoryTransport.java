package dev.sluice.testkit.internal;

import dev.sluice.http.HttpClient;
import dev.sluice.http.HttpServer;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.ListenerConfig;
import dev.sluice.http.PoolConfig;
import dev.sluice.http.ServerHandler;
import dev.sluice.http.TcpClient;
import dev.sluice.http.Transport;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/** Moves the bytes of a proxy nowhere: whoever it connects to is played by the test. */
public final class MemoryTransport implements Transport {
  private static final int LISTENER_PORT = 8080;
  private static final int CLIENT_PORT = 40_000;
  private static final int GATEWAY_PORT = 50_000;

  private final TestLoop loop;
  private final BiConsumer<String, MemoryStream> onStream;
  private final BiConsumer<String, MemoryRedis.Command> onRedis;
  private long connections;

  /**
   * Creates a transport.
   *
   * @param onStream learns of each stream that the proxy opens, with the name of its upstream
   * @param onRedis learns of each command that it sends
   */
  public MemoryTransport(
      TestLoop loop,
      BiConsumer<String, MemoryStream> onStream,
      BiConsumer<String, MemoryRedis.Command> onRedis) {
    this.loop = loop;
    this.onStream = onStream;
    this.onRedis = onRedis;
  }

  /** Returns the stream of a new client; on the loop. */
  public MemoryStream accept() {
    return new MemoryStream(
        loop.eventLoop(), new MemoryConnection(++connections, "test", CLIENT_PORT, LISTENER_PORT));
  }

  @Override
  public List<EventLoop> loops() {
    return Stream.of(loop.eventLoop()).toList();
  }

  @Override
  public int currentLoop() {
    return loop.eventLoop().inEventLoop() ? 0 : -1;
  }

  @Override
  public String kind() {
    return "memory";
  }

  @Override
  public HttpServer bind(ListenerConfig config, ServerHandler handler) {
    throw new UnsupportedOperationException("nothing listens in a test");
  }

  @Override
  public HttpClient client(PoolConfig config, int number) {
    return new HttpClient() {
      @Override
      public Pending open(
          InetSocketAddress endpoint, HttpStreamHandler response, OpenCallback callback) {
        var stream =
            new MemoryStream(
                loop.eventLoop(),
                new MemoryConnection(
                    ++connections, config.upstream(), endpoint.getPort(), GATEWAY_PORT));
        stream.handler(response);
        onStream.accept(config.upstream(), stream);
        callback.opened(stream);
        return () -> {};
      }

      @Override
      public int connections(InetSocketAddress endpoint) {
        return 0;
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public TcpClient tcpClient(PoolConfig config, int number) {
    return (endpoint, callback) -> {
      var info =
          new MemoryConnection(++connections, config.upstream(), endpoint.getPort(), GATEWAY_PORT);
      var connection =
          new MemoryRedis(
              loop.eventLoop(), info, command -> onRedis.accept(config.upstream(), command));
      loop.eventLoop().execute(() -> connection.handler(callback.connected(connection)));
      return () -> {};
    };
  }

  @Override
  public void close() {}
}
