package dev.sluice.http.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.PoolConfig;
import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.StreamError;
import dev.sluice.http.Transport;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.RawServer;
import dev.sluice.http.testing.TestClient;
import dev.sluice.plugin.Headers;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class Http1ClientTest {
  private final Transport transport = Transport.create(1);
  private final RawServer server = new RawServer();
  private final TestClient client = new TestClient(transport, ProtocolChoice.HTTP_1_1, null);

  @AfterEach
  void stop() {
    client.close();
    server.close();
    transport.close();
  }

  private Exchange get() {
    return client.send(server.address(), TestClient.request("GET", "/"));
  }

  @Test
  void writesARequest() {
    client.send(
        server.address(),
        TestClient.request("POST", "/a?b", "x-a", "1", "te", "trailers", "content-length", "2"),
        false,
        exchange ->
            exchange.stream().sendData(Unpooled.wrappedBuffer(new byte[] {'h', 'i'}), true));
    try (var connection = server.accept()) {
      assertThat(connection.readUntil("\r\n\r\nhi"))
          .startsWith("POST /a?b HTTP/1.1\r\nhost: test\r\n")
          .contains("x-a: 1\r\n", "te: trailers\r\nconnection: te\r\n", "content-length: 2\r\n");
    }
  }

  @Test
  void saysThatAPostWithoutABodyHasNone() {
    client.send(server.address(), TestClient.request("POST", "/"));
    try (var connection = server.accept()) {
      assertThat(connection.readHead()).contains("content-length: 0\r\n");
    }
  }

  @Test
  void usesAConnectionAgain() {
    var first = get();
    try (var connection = server.accept()) {
      for (int i = 0; i < 3; i++) {
        connection.readHead();
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-I: " + i + "\r\n\r\nok");
        first.closed().join();
        assertThat(first.text()).isEqualTo("ok");
        assertThat(first.headers().join().get("x-i")).isEqualTo("" + i);
        assertThat(client.connections(server.address())).isEqualTo(1);
        first = get();
      }
    }
  }

  @Test
  void readsAResponseThatEndsWithTheConnection() {
    var exchange = get();
    try (var connection = server.accept()) {
      connection.readHead();
      connection.send("HTTP/1.0 200 OK\r\n\r\nall of it");
    }
    exchange.closed().join();
    assertThat(exchange.complete()).isCompleted();
    assertThat(exchange.text()).isEqualTo("all of it");
    await().until(() -> client.connections(server.address()) == 0);
  }

  @Test
  void passesInformationalResponses() {
    var exchange = get();
    try (var connection = server.accept()) {
      connection.readHead();
      connection.send(
          "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n");
      connection.send("HTTP/1.1 204 No Content\r\n\r\n");
      exchange.closed().join();
      assertThat(exchange.informational()).extracting(Headers::status).containsExactly(103, 100);
      assertThat(exchange.headers().join().status()).isEqualTo(204);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
        "HTTP/1.1 200 OK\nA: b\n\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "SSH-2.0-OpenSSH\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
      })
  void refusesMalformedResponses(String response) {
    var exchange = get();
    try (var connection = server.accept()) {
      connection.readHead();
      connection.send(response);
      assertThat(exchange.reset().join()).isEqualTo(StreamError.PROTOCOL_ERROR);
      exchange.closed().join();
      assertThat(connection.readAll()).isEmpty();
      await().until(() -> client.connections(server.address()) == 0);
    }
  }

  @Test
  void tellsAReusedConnectionThatWasClosedFromAFreshOne() {
    var fresh = get();
    try (var connection = server.accept()) {
      connection.readHead();
    }
    assertThat(fresh.reset().join()).isEqualTo(StreamError.CONNECTION_LOST);

    var first = get();
    try (var connection = server.accept()) {
      connection.readHead();
      connection.send("HTTP/1.1 204 No Content\r\n\r\n");
      first.closed().join();
      var second = get();
      connection.readHead();
      connection.close();
      assertThat(second.reset().join()).isEqualTo(StreamError.REFUSED_STREAM);
    }
  }

  @Test
  void noticesACutResponse() {
    var exchange = get();
    try (var connection = server.accept()) {
      connection.readHead();
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
      exchange.headers().join();
    }
    assertThat(exchange.reset().join()).isEqualTo(StreamError.CONNECTION_LOST);
    exchange.closed().join();
    assertThat(exchange.closedCount()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP/1.1 408 Request Timeout\r\n\r\n", "x", ""})
  void closesAnIdleConnectionOnWhichSomethingHappens(String octets) {
    var exchange = get();
    try (var connection = server.accept()) {
      connection.readHead();
      connection.send("HTTP/1.1 204 No Content\r\n\r\n");
      exchange.closed().join();
      assertThat(client.connections(server.address())).isEqualTo(1);
      connection.send(octets);
      if (octets.isEmpty()) {
        connection.shutdownOutput();
      }
      await().until(() -> client.connections(server.address()) == 0);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nmore"
      })
  void doesNotUseAConnectionAgainThatMustNotBe(String response) {
    var exchange = get();
    try (var connection = server.accept()) {
      connection.readHead();
      connection.send(response);
      exchange.closed().join();
      assertThat(connection.readAll()).isEmpty();
      await().until(() -> client.connections(server.address()) == 0);
    }
  }

  @Test
  void closesIdleConnections() {
    var config =
        new PoolConfig(
            "u", ProtocolChoice.HTTP_1_1, null, Duration.ofSeconds(5), Duration.ofMillis(200), 1);
    try (var shortLived = new TestClient(transport, config)) {
      var exchange = shortLived.send(server.address(), TestClient.request("GET", "/"));
      try (var connection = server.accept()) {
        connection.readHead();
        connection.send("HTTP/1.1 204 No Content\r\n\r\n");
        exchange.closed().join();
        assertThat(connection.readAll()).isEmpty();
      }
    }
  }

  @Test
  void goesOnSendingAfterAnEarlyResponseAndThenClosesTheConnection() {
    var exchange =
        client.send(
            server.address(),
            TestClient.request("POST", "/", "content-length", "4"),
            false,
            sent -> {});
    try (var connection = server.accept()) {
      connection.readHead();
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      exchange.complete().join();
      client.onLoop(
          () -> exchange.stream().sendData(Unpooled.wrappedBuffer(new byte[] {1, 2, 3, 4}), true));
      assertThat(connection.read(4)).containsExactly(1, 2, 3, 4);
      exchange.closed().join();
      assertThat(connection.readAll()).isEmpty();
    }
  }

  @Test
  void tellsThatTheRestOfARequestIsUselessWhenTheUpstreamAnsweredAndClosed() {
    var exchange =
        client.send(
            server.address(),
            TestClient.request("POST", "/", "content-length", "4"),
            false,
            sent -> {});
    try (var connection = server.accept()) {
      connection.readHead();
      connection.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
    }
    assertThat(exchange.reset().join()).isEqualTo(StreamError.NO_ERROR);
    assertThat(exchange.complete()).isCompleted();
  }

  @Test
  void failsABodyThatIsNotAsLongAsItsContentLength() {
    var exchange =
        client.send(
            server.address(),
            TestClient.request("POST", "/", "content-length", "1"),
            false,
            sent -> sent.stream().sendData(Unpooled.wrappedBuffer(new byte[2]), true));
    assertThat(exchange.reset().join()).isEqualTo(StreamError.INTERNAL_ERROR);
    exchange.closed().join();
    await().until(() -> client.connections(server.address()) == 0);
  }

  @Test
  void reportsThatNobodyListens() {
    var nobody = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
    var exchange = client.send(nobody, TestClient.request("GET", "/"));
    assertThat(exchange.reset().join()).isEqualTo(StreamError.CONNECTION_LOST);
  }

  @Test
  void resolvesNamesBesideTheLoop() {
    var endpoint = InetSocketAddress.createUnresolved("localhost", server.address().getPort());
    client.send(endpoint, TestClient.request("GET", "/"));
    try (var connection = server.accept()) {
      assertThat(connection.readHead()).startsWith("GET / ");
    }
    var exchange =
        client.send(
            InetSocketAddress.createUnresolved("no.such.host.invalid", 80),
            TestClient.request("GET", "/"));
    assertThat(exchange.reset().join()).isEqualTo(StreamError.CONNECTION_LOST);
  }

  @Test
  void pausesAndGoesOnReadingAndStillUsesTheConnectionAgain() {
    var exchange = new Exchange();
    exchange.consuming(false);
    client.send(server.address(), TestClient.request("GET", "/"), true, sent -> {}, exchange);
    try (var connection = server.accept()) {
      connection.readHead();
      int size = 900_000;
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n");
      connection.send(new byte[size]);
      exchange.headers().join();
      await().until(() -> exchange.received() >= 192 << 10);
      assertThat(exchange.received()).isLessThan(size);
      client.onLoop(() -> exchange.consuming(true));
      exchange.closed().join();
      assertThat(exchange.received()).isEqualTo(size);
      var next = get();
      connection.readHead();
      connection.send("HTTP/1.1 204 No Content\r\n\r\n");
      next.closed().join();
    }
  }
}
