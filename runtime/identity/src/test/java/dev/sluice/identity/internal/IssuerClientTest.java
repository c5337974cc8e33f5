package dev.sluice.identity.internal;

import static org.assertj.core.api.Assertions.assertThatIOException;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.sluice.identity.IssuerSpec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Asks issuers that answer too slowly or too much. */
@Timeout(30)
class IssuerClientTest {
  private final CountDownLatch over = new CountDownLatch(1);
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.start();
  }

  @AfterEach
  void close() {
    over.countDown();
    server.stop(0);
  }

  private IssuerClient client(HttpHandler answer, Duration whole) {
    server.createContext("/", answer);
    var url = "http://127.0.0.1:" + server.getAddress().getPort();
    return new IssuerClient(IssuerSpec.of(url), whole);
  }

  @Test
  void doesNotWaitForABodyThatNeverEnds() {
    try (var client =
        client(
            exchange -> {
              exchange.sendResponseHeaders(200, 100);
              exchange.getResponseBody().write('{');
              exchange.getResponseBody().flush();
              try {
                over.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            Duration.ofMillis(500))) {
      assertThatIOException().isThrownBy(client::fetch).withMessageContaining("in 500 ms");
    }
  }

  @Test
  void doesNotReadAnAnswerThatIsTooLong() {
    try (var client =
        client(
            exchange -> {
              exchange.sendResponseHeaders(200, 0);
              var part = new byte[1 << 16];
              try (var body = exchange.getResponseBody()) {
                for (int i = 0; i < 32; i++) {
                  body.write(part);
                }
              }
            },
            Duration.ofSeconds(10))) {
      assertThatIOException().isThrownBy(client::fetch).withMessageContaining("1048576");
    }
  }
}
