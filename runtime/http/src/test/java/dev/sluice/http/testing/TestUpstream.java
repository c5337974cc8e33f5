package dev.sluice.http.testing;

import dev.sluice.http.ConnectionLimits;
import dev.sluice.http.HttpServer;
import dev.sluice.http.HttpStream;
import dev.sluice.http.ListenerConfig;
import dev.sluice.http.ServerTls;
import dev.sluice.http.Timeouts;
import dev.sluice.http.Transport;
import dev.sluice.plugin.Headers;
import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Is a server on an ephemeral port whose answers a test decides on. */
public final class TestUpstream implements AutoCloseable {
  private final HttpServer server;
  private final Queue<Exchange> exchanges;

  private TestUpstream(HttpServer server, Queue<Exchange> exchanges) {
    this.server = server;
    this.exchanges = exchanges;
  }

  /**
   * Starts a server.
   *
   * @param onHeaders called on the loop when the headers of a request have come
   */
  public static TestUpstream start(Transport transport, Consumer<Exchange> onHeaders) {
    return start(transport, null, Timeouts.DEFAULT, ConnectionLimits.DEFAULT, onHeaders);
  }

  /** Starts a server with settings. */
  public static TestUpstream start(
      Transport transport,
      @Nullable ServerTls tls,
      Timeouts timeouts,
      ConnectionLimits limits,
      Consumer<Exchange> onHeaders) {
    var seen = new ConcurrentLinkedQueue<Exchange>();
    var server =
        transport.bind(
            config(tls, timeouts, limits),
            response -> {
              var exchange = new Programmed(onHeaders).stream(response);
              seen.add(exchange);
              return exchange;
            });
    return new TestUpstream(server, seen);
  }

  /** Starts a server that sends back what it gets, as it comes, trailers included. */
  public static TestUpstream echo(Transport transport, @Nullable ServerTls tls) {
    var server = transport.bind(config(tls, Timeouts.DEFAULT, ConnectionLimits.DEFAULT), Echo::new);
    return new TestUpstream(server, new ConcurrentLinkedQueue<>());
  }

  private static ListenerConfig config(
      @Nullable ServerTls tls, Timeouts timeouts, ConnectionLimits limits) {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    return new ListenerConfig("test", List.of(address), tls, timeouts, limits);
  }

  /** Returns where it listens. */
  public InetSocketAddress address() {
    return server.addresses().getFirst();
  }

  /** Returns the port. */
  public int port() {
    return address().getPort();
  }

  /** Returns the server. */
  public HttpServer server() {
    return server;
  }

  /** Returns the requests that came, in order. */
  public Queue<Exchange> exchanges() {
    return exchanges;
  }

  @Override
  public void close() {
    server.drain(Duration.ZERO);
  }

  private static final class Programmed extends Exchange {
    private final Consumer<Exchange> onHeaders;

    Programmed(Consumer<Exchange> onHeaders) {
      this.onHeaders = onHeaders;
    }

    @Override
    public void onHeaders(Headers received, boolean end) {
      super.onHeaders(received, end);
      onHeaders.accept(this);
    }
  }

  /** Sends back what comes. */
  static final class Echo extends Exchange {
    Echo(HttpStream response) {
      stream(response);
    }

    @Override
    public void onHeaders(Headers received, boolean end) {
      var response = Headers.of(":status", "200");
      for (int i = 0; i < received.size(); i++) {
        if (received.name(i).charAt(0) == ':') {
          response.add("x-echo-" + received.name(i).substring(1), received.value(i));
        } else if (!received.name(i).equals("expect")) {
          response.add(received.name(i), received.value(i));
        }
      }
      stream().sendHeaders(response, end);
    }

    @Override
    public void onData(ByteBuf data, boolean end) {
      stream().sendData(data, end);
    }

    @Override
    public void onSent(int bytes) {
      stream().consumed(bytes);
    }

    @Override
    public void onTrailers(Headers received) {
      stream().sendTrailers(received);
    }
  }
}
