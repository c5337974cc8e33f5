package dev.sluice.http.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.Transport;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.RawClient;
import dev.sluice.http.testing.RawServer;
import dev.sluice.http.testing.TestClient;
import dev.sluice.http.testing.TestUpstream;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Sends the end of a chunked body in two pieces, cut at every place: the loop has to serve others
 * until the second comes.
 */
@ExtendWith(LeakCheck.class)
class TrailersInPiecesTest {
  private static final String END = "3\r\nabc\r\n0\r\nX-T: 1\r\nX-U: 2\r\n\r\n";

  private final Transport transport = Transport.create(1);

  @AfterEach
  void stop() {
    transport.close();
  }

  private static void complete(Exchange exchange) {
    exchange.complete().orTimeout(20, TimeUnit.SECONDS).join();
    assertThat(exchange.text()).isEqualTo("abc");
    assertThat(exchange.trailers()).isNotNull();
    assertThat(String.valueOf(exchange.trailers())).contains("x-t", "x-u");
  }

  @Test
  void ofARequest() {
    try (var upstream =
            TestUpstream.start(
                transport,
                exchange -> {
                  if ("/probe".equals(exchange.headers().join().path())) {
                    exchange.respond(200, "here");
                  }
                });
        var probe = new RawClient(upstream.address())) {
      for (int cut = 1; cut < END.length(); cut++) {
        try (var client = new RawClient(upstream.address())) {
          client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
          client.send(END.substring(0, cut));
          // What was sent to the same loop before has been read when this is answered.
          probe.send("GET /probe HTTP/1.1\r\nHost: x\r\n\r\n");
          assertThat(probe.readUntil("here")).startsWith("HTTP/1.1 200");
          client.send(END.substring(cut));
          probe.send("GET /probe HTTP/1.1\r\nHost: x\r\n\r\n");
          assertThat(probe.readUntil("here")).startsWith("HTTP/1.1 200");
          var exchanges = upstream.exchanges();
          exchanges.removeIf(e -> "/probe".equals(e.headers().join().path()));
          complete(exchanges.remove());
        }
      }
    }
  }

  @Test
  void ofAResponse() {
    try (var upstream = new RawServer();
        var other = TestUpstream.start(transport, exchange -> exchange.respond(200, "here"));
        var probe = new RawClient(other.address());
        var client = new TestClient(transport, ProtocolChoice.HTTP_1_1, null)) {
      for (int cut = 1; cut < END.length(); cut++) {
        var exchange = client.send(upstream.address(), TestClient.request("GET", "/"));
        try (var connection = upstream.accept()) {
          connection.readHead();
          connection.send(
              "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
          connection.send(END.substring(0, cut));
          probe.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
          assertThat(probe.readUntil("here")).startsWith("HTTP/1.1 200");
          connection.send(END.substring(cut));
          complete(exchange);
        }
      }
    }
  }
}
