package dev.sluice.http.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.sluice.http.ConnectionLimits;
import dev.sluice.http.HttpServer;
import dev.sluice.http.ListenerConfig;
import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.Timeouts;
import dev.sluice.http.Transport;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.Relay;
import dev.sluice.http.testing.TestClient;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.plugin.Headers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Moves bodies of all sizes both ways through a relay, each protocol to each. */
class RelayTest {
  private static final List<ProtocolChoice> PROTOCOLS =
      List.of(ProtocolChoice.HTTP_1_1, ProtocolChoice.HTTP_2);

  private static Transport transport;
  private static TestUpstream echo;

  @BeforeAll
  static void start() {
    transport = Transport.create(2);
    echo = TestUpstream.echo(transport, null);
  }

  @AfterAll
  static void stop() {
    echo.close();
    transport.close();
  }

  static HttpServer relay(Transport transport, ProtocolChoice up, InetSocketAddress endpoint) {
    return transport.bind(
        new ListenerConfig(
            "relay",
            List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
            null,
            Timeouts.DEFAULT,
            ConnectionLimits.DEFAULT),
        new Relay(transport, TestClient.config(up, null), endpoint));
  }

  static Stream<Arguments> protocols() {
    return PROTOCOLS.stream().flatMap(down -> PROTOCOLS.stream().map(up -> arguments(down, up)));
  }

  static Stream<Arguments> matrix() {
    return protocols()
        .flatMap(
            pair ->
                Stream.of(0L, 1L, 64L << 10, 5L << 20)
                    .flatMap(
                        size ->
                            Stream.of(true, false)
                                .map(
                                    length ->
                                        arguments(pair.get()[0], pair.get()[1], size, length))));
  }

  @ParameterizedTest
  @MethodSource("matrix")
  void echoesBodies(ProtocolChoice down, ProtocolChoice up, long size, boolean length) {
    var relay = relay(transport, up, echo.address());
    try (var client = new TestClient(transport, down, null)) {
      var headers = TestClient.request("POST", "/echo", "x-a", "1");
      if (length) {
        headers.add("content-length", Long.toString(size));
      }
      for (int i = 0; i < 2; i++) {
        var exchange =
            client.send(
                relay.addresses().getFirst(),
                headers,
                size == 0,
                sending -> {
                  if (size > 0) {
                    sending.sendPattern(size, null);
                  }
                });
        exchange.complete().join();
        exchange.closed().join();
        assertThat(exchange.headers().join().status()).isEqualTo(200);
        assertThat(exchange.headers().join().get("x-a")).isEqualTo("1");
        assertPattern(exchange, size);
        assertThat(exchange.sent()).isEqualTo(size);
        assertThat(exchange.closedCount()).isEqualTo(1);
        assertThat(exchange.reset()).isNotDone();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("protocols")
  void passesTrailers(ProtocolChoice down, ProtocolChoice up) {
    var relay = relay(transport, up, echo.address());
    try (var client = new TestClient(transport, down, null)) {
      var exchange =
          client.send(
              relay.addresses().getFirst(),
              TestClient.request("POST", "/echo", "te", "trailers"),
              false,
              sending -> sending.sendPattern(100_000, Headers.of("x-checksum", "abc")));
      exchange.complete().join();
      assertPattern(exchange, 100_000);
      assertThat(exchange.trailers()).hasToString("{x-checksum: abc}");
    }
  }

  private static void assertPattern(Exchange exchange, long size) {
    var body = exchange.body();
    assertThat(body.length).isEqualTo(size);
    for (int i = 0; i < body.length; i++) {
      if (body[i] != Exchange.pattern(size - i)) {
        throw new AssertionError("octet " + i + " of " + size + " differs");
      }
    }
  }
}
