package dev.sluice.http.testing;

import dev.sluice.http.ClientTls;
import dev.sluice.http.HttpClient;
import dev.sluice.http.HttpStream;
import dev.sluice.http.PoolConfig;
import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.StreamError;
import dev.sluice.http.Transport;
import dev.sluice.plugin.Headers;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Sends requests over a client of one loop, from any thread. */
public final class TestClient implements AutoCloseable {
  private final Transport transport;
  private final HttpClient client;
  private final int loop;

  /** Creates a client of the last loop. */
  public TestClient(Transport transport, ProtocolChoice protocol, @Nullable ClientTls tls) {
    this(transport, config(protocol, tls));
  }

  /** Creates a client of the last loop. */
  public TestClient(Transport transport, PoolConfig config) {
    this.transport = transport;
    this.loop = transport.loops().size() - 1;
    this.client = transport.client(config, loop);
  }

  /** Returns the settings of a pool with short, but not too short, timeouts. */
  public static PoolConfig config(ProtocolChoice protocol, @Nullable ClientTls tls) {
    return new PoolConfig(
        "upstream", protocol, tls, Duration.ofSeconds(5), Duration.ofSeconds(60), 100);
  }

  /** Returns the headers of a request. */
  public static Headers request(String method, String path, String... fields) {
    var headers =
        Headers.of(":method", method, ":scheme", "http", ":authority", "test", ":path", path);
    for (int i = 0; i < fields.length; i += 2) {
      headers.add(fields[i], fields[i + 1]);
    }
    return headers;
  }

  /** Sends a request without a body. */
  public Exchange send(InetSocketAddress endpoint, Headers headers) {
    return send(endpoint, headers, true, exchange -> {});
  }

  /** Sends a request, and then what a test wants, on the loop. */
  public Exchange send(
      InetSocketAddress endpoint, Headers headers, boolean end, Consumer<Exchange> body) {
    return send(endpoint, headers, end, body, new Exchange());
  }

  /** Sends a request, and then what a test wants, on the loop. */
  public Exchange send(
      InetSocketAddress endpoint,
      Headers headers,
      boolean end,
      Consumer<Exchange> body,
      Exchange exchange) {
    transport
        .loops()
        .get(loop)
        .execute(
            () ->
                client.open(
                    endpoint,
                    exchange,
                    new HttpClient.OpenCallback() {
                      @Override
                      public void opened(HttpStream request) {
                        exchange.stream(request);
                        request.sendHeaders(headers, end);
                        body.accept(exchange);
                      }

                      @Override
                      public void failed(StreamError error, String detail) {
                        exchange.onReset(error, detail);
                        exchange.onClosed();
                      }
                    }));
    return exchange;
  }

  /** Runs something on the loop of this client. */
  public void onLoop(Runnable task) {
    transport.loops().get(loop).submit(task).syncUninterruptibly();
  }

  /** Returns the open connections to an endpoint. */
  public int connections(InetSocketAddress endpoint) {
    return transport
        .loops()
        .get(loop)
        .submit(() -> client.connections(endpoint))
        .syncUninterruptibly()
        .getNow();
  }

  @Override
  public void close() {
    client.close();
  }
}
