package dev.sluice.acceptance;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/** Is an upstream that answers each request with a text made from it. */
final class TextUpstream implements AutoCloseable {
  private final HttpServer server;

  private TextUpstream(HttpServer server) {
    this.server = server;
  }

  static TextUpstream start(Function<HttpExchange, String> answer) {
    try {
      var loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
      var server = HttpServer.create(loopback, 0);
      server.createContext(
          "/",
          exchange -> {
            exchange.getRequestBody().readAllBytes();
            var bytes = answer.apply(exchange).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
          });
      server.start();
      return new TextUpstream(server);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** Answers 404 from now on. */
  void forget() {
    server.removeContext("/");
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
