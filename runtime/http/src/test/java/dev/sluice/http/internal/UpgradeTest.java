package dev.sluice.http.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.StreamError;
import dev.sluice.http.Transport;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.RawClient;
import dev.sluice.http.testing.RawServer;
import dev.sluice.http.testing.TestClient;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.plugin.Headers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Upgrades to WebSocket (RFC 6455, RFC 8441) and passes bytes both ways. */
@ExtendWith(LeakCheck.class)
class UpgradeTest {
  private static final String HANDSHAKE =
      """
      GET /chat HTTP/1.1
      Host: x
      Upgrade: websocket
      Connection: Upgrade
      Sec-WebSocket-Version: 13
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==

      """
          .replace("\n", "\r\n");

  private final Transport transport = Transport.create(2);

  @AfterEach
  void stop() {
    transport.close();
  }

  private static ByteBuf text(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
  }

  /** Agrees to every upgrade and sends back what it gets. */
  private TestUpstream chat() {
    return TestUpstream.start(
        transport,
        exchange -> {
          assertThat(exchange.headers().join().get("upgrade")).isEqualTo("websocket");
          assertThat(exchange.headers().join().method()).isEqualTo("GET");
          exchange.stream().sendHeaders(Headers.of(":status", "101"), false);
          exchange.stream().sendData(text("welcome"), false);
        });
  }

  @ParameterizedTest
  @MethodSource("dev.sluice.http.internal.RelayTest#protocols")
  void bytesPassBothWays(ProtocolChoice down, ProtocolChoice up) {
    try (var upstream = chat();
        var client = new TestClient(transport, down, null)) {
      var relay = RelayTest.relay(transport, up, upstream.address()).addresses().getFirst();
      var exchange =
          client.send(
              relay,
              TestClient.request("GET", "/chat", "upgrade", "websocket"),
              false,
              sending -> {});
      var headers = exchange.headers().orTimeout(10, TimeUnit.SECONDS).join();
      assertThat(headers.status()).isEqualTo(101);
      assertThat(headers.get("upgrade")).isEqualTo("websocket");
      await().until(() -> exchange.text().equals("welcome"));
      client.onLoop(() -> exchange.stream().sendData(text("hello"), false));
      var server = upstream.exchanges().element();
      await().until(() -> server.text().equals("hello"));
      client.onLoop(() -> exchange.stream().sendData(text("!"), true));
      server.complete().orTimeout(10, TimeUnit.SECONDS).join();
      server.stream().loop().execute(() -> server.stream().sendData(text("bye"), true));
      exchange.complete().orTimeout(10, TimeUnit.SECONDS).join();
      exchange.closed().orTimeout(10, TimeUnit.SECONDS).join();
      assertThat(exchange.text()).isEqualTo("welcomebye");
      server.closed().orTimeout(10, TimeUnit.SECONDS).join();
    }
  }

  @Test
  void answersTheKeyWhenTheUpstreamHasNone() {
    try (var upstream = chat();
        var client =
            new RawClient(
                RelayTest.relay(transport, ProtocolChoice.HTTP_2, upstream.address())
                    .addresses()
                    .getFirst())) {
      client.send(HANDSHAKE + "early");
      assertThat(client.readHead())
          .startsWith("HTTP/1.1 101 Switching Protocols\r\n")
          .contains("connection: upgrade\r\n", "upgrade: websocket\r\n")
          .contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
      await().until(() -> upstream.exchanges().element().text().equals("early"));
    }
  }

  @Test
  void makesAKeyForAnUpstreamThatWantsOne() {
    try (var server = new RawServer();
        var client = new TestClient(transport, ProtocolChoice.HTTP_2, null)) {
      var relay = RelayTest.relay(transport, ProtocolChoice.HTTP_1_1, server.address());
      var exchange =
          client.send(
              relay.addresses().getFirst(),
              TestClient.request("GET", "/", "upgrade", "websocket"),
              false,
              sending -> {});
      try (var connection = server.accept()) {
        assertThat(connection.readHead())
            .contains("connection: upgrade\r\nupgrade: websocket\r\n", "sec-websocket-key: ")
            .doesNotContain("transfer-encoding", "content-length");
        connection.send(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Accept: x\r\n\r\n");
        var headers = exchange.headers().orTimeout(10, TimeUnit.SECONDS).join();
        assertThat(headers.status()).isEqualTo(101);
        assertThat(headers.contains("sec-websocket-accept")).isFalse();
      }
      exchange.complete().orTimeout(10, TimeUnit.SECONDS).join();
    }
  }

  @Test
  void aRefusedUpgradeIsAnOrdinaryResponse() {
    try (var upstream = TestUpstream.start(transport, exchange -> exchange.respond(403, "no"));
        var client =
            new RawClient(
                RelayTest.relay(transport, ProtocolChoice.HTTP_1_1, upstream.address())
                    .addresses()
                    .getFirst())) {
      for (int i = 0; i < 2; i++) {
        client.send(HANDSHAKE);
        assertThat(client.readUntil("no")).startsWith("HTTP/1.1 403 Forbidden\r\n");
      }
    }
  }

  @Test
  void aTunnelThatBreaksIsReset() {
    try (var upstream = chat()) {
      try (var client =
          new RawClient(
              RelayTest.relay(transport, ProtocolChoice.HTTP_2, upstream.address())
                  .addresses()
                  .getFirst())) {
        client.send(HANDSHAKE);
        client.readUntil("welcome");
        var exchange = upstream.exchanges().element();
        exchange.stream().loop().execute(() -> exchange.stream().reset(StreamError.INTERNAL_ERROR));
        assertThat(client.readAll()).isEmpty();
      } catch (java.io.UncheckedIOException e) {
        assertThat(e).hasRootCauseInstanceOf(java.net.SocketException.class);
      }
    }
  }
}
