package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.Transport;
import dev.sluice.http.testing.RawClient;
import dev.sluice.http.testing.TestClient;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.plugin.Headers;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What is wrong gets the right status or message, and harms nothing else. */
class FailuresTest {
  private final Transport transport = Transport.create(2);
  @TempDir private Path folder;

  @AfterEach
  void close() {
    transport.close();
  }

  private static String config(int good, int bad, String more) {
    return """
    listeners: [{name: web, address: "127.0.0.1:0"}]
    threads: 1
    accessLog: {}
    upstreams:
      - {name: good, endpoints: [{address: "127.0.0.1:%d"}]}
      - {name: bad, endpoints: [{address: "127.0.0.1:%d"}]}
    routes:
      - {name: good, upstream: good}
      - {name: bad, match: {path: {prefix: /bad}}, upstream: bad, timeout: 500ms}
    %s
    """
        .formatted(good, bad, more);
  }

  private static InetSocketAddress address(SwapGateway gateway) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), gateway.web("/").getPort());
  }

  private static int deadPort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Is an upstream that says something to each connection, and closes it or not. */
  private static final class RawUpstream implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

    RawUpstream(String answer, boolean closes) throws IOException {
      Thread.ofPlatform().daemon().start(() -> serve(answer, closes));
    }

    private void serve(String answer, boolean closes) {
      try {
        while (true) {
          Socket socket = server.accept();
          var request = new byte[4096];
          if (socket.getInputStream().read(request) >= 0) {
            socket.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
          }
          if (closes) {
            socket.close();
          }
        }
      } catch (IOException e) {
        // The test is over.
      }
    }

    int port() {
      return server.getLocalPort();
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }

  @Test
  void aDeadUpstreamIsABadGateway() throws IOException {
    try (var good = TestUpstream.start(transport, exchange -> exchange.respond(200, "ok"));
        var gateway = SwapGateway.start(folder, config(good.port(), deadPort(), ""))) {
      var answer = gateway.get("/bad");
      assertThat(answer.statusCode()).isEqualTo(502);
      assertThat(answer.headers().firstValue("content-type")).contains("application/problem+json");
      assertThat(answer.headers().firstValue("x-request-id")).isPresent();
      assertThat(answer.body()).contains("upstream_connect_failed").doesNotContain("127.0.0.1");
      assertThat(gateway.get("/").body()).isEqualTo("ok");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'', false, 504, upstream_timeout",
    "'', true, 502, upstream_reset",
    "'HTTP/1.1 200 OK\r\ncontent-le', true, 502, upstream_reset",
    "'HTTP/1.1 2000 OK\r\n\r\n', true, 502, upstream_protocol_error",
    "'SSH-2.0-OpenSSH\r\n\r\n', true, 502, upstream_protocol_error",
    "'HTTP/1.1 200 OK\r\n"
        + "content-length: 1\r\n"
        + "content-length: 2\r\n\r\n"
        + "', true, 502, upstream_protocol_error",
  })
  void anUpstreamThatDoesNotAnswerWellIsNamed(String said, boolean closes, int status, String code)
      throws IOException {
    try (var good = TestUpstream.start(transport, exchange -> exchange.respond(200, "ok"));
        var bad = new RawUpstream(said, closes);
        var gateway = SwapGateway.start(folder, config(good.port(), bad.port(), ""))) {
      var answer = gateway.get("/bad");
      assertThat(answer.body()).contains(code);
      assertThat(answer.statusCode()).isEqualTo(status);
      assertThat(gateway.get("/").body()).isEqualTo("ok");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "HTTP_1_1, 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort'",
    "HTTP_2, 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort'",
    "HTTP_1_1, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nshort\r\n'",
    "HTTP_2, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nshort\r\n'",
  })
  void aCutAnswerIsSeenToBeCut(ProtocolChoice down, String said) throws IOException {
    try (var good = TestUpstream.start(transport, exchange -> exchange.respond(200, "ok"));
        var bad = new RawUpstream(said, true);
        var gateway = SwapGateway.start(folder, config(good.port(), bad.port(), ""));
        var client = new TestClient(transport, down, null)) {
      var answer = client.send(address(gateway), TestClient.request("GET", "/bad"));
      assertThat(answer.headers().orTimeout(60, TimeUnit.SECONDS).join().status()).isEqualTo(200);
      answer.reset().orTimeout(60, TimeUnit.SECONDS).join();
      answer.closed().orTimeout(60, TimeUnit.SECONDS).join();
      assertThat(answer.complete()).isCompletedExceptionally();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'NONSENSE\r\n\r\n', 400",
    "'GET / HTTP/1.1\r\n\r\n', 400",
    "'GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n', 400",
    "'GET / HTTP/1.1\r\nhost : a\r\n\r\n', 400",
    "'POST / HTTP/1.1\r\n"
        + "host: a\r\n"
        + "content-length: 3\r\n"
        + "transfer-encoding: chunked\r\n\r\n"
        + "0\r\n\r\n"
        + "', 400",
    "'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n', 400",
    "'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip\r\n\r\n', 501",
    "'GET / HTTP/9.9\r\nhost: a\r\n\r\n', 505",
  })
  void malformedRequestsAreRefusedAndTheNextOneIsServed(String sent, int status) {
    try (var good = TestUpstream.start(transport, exchange -> exchange.respond(200, "ok"));
        var gateway = SwapGateway.start(folder, config(good.port(), 1, ""))) {
      try (var client = new RawClient(address(gateway))) {
        assertThat(client.send(sent).readHead()).startsWith("HTTP/1.1 " + status + " ");
      }
      assertThat(good.exchanges()).isEmpty();
      assertThat(gateway.get("/").body()).isEqualTo("ok");
    }
  }

  @Test
  void aLongHeadIsRefused() {
    try (var good = TestUpstream.start(transport, exchange -> exchange.respond(200, "ok"));
        var gateway = SwapGateway.start(folder, config(good.port(), 1, ""))) {
      try (var client = new RawClient(address(gateway))) {
        client.send("GET / HTTP/1.1\r\nhost: a\r\nx: " + "x".repeat(70_000) + "\r\n\r\n");
        assertThat(client.readHead()).startsWith("HTTP/1.1 431 ");
      }
      assertThat(gateway.get("/").body()).isEqualTo("ok");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ProtocolChoice.class,
      names = {"HTTP_1_1", "HTTP_2"})
  void trailersAndEmptyBodiesPass(ProtocolChoice down) {
    try (var echo = TestUpstream.echo(transport, null);
        var gateway = SwapGateway.start(folder, config(echo.port(), 1, ""));
        var client = new TestClient(transport, down, null)) {
      var answer =
          client.send(
              address(gateway),
              TestClient.request("POST", "/", "te", "trailers"),
              false,
              exchange -> {
                exchange.stream()
                    .sendData(Unpooled.copiedBuffer("hi", StandardCharsets.UTF_8), false);
                exchange.stream().sendTrailers(Headers.of("x-end", "yes"));
              });
      answer.complete().orTimeout(60, TimeUnit.SECONDS).join();
      assertThat(answer.text()).isEqualTo("hi");
      assertThat(answer.trailers()).isNotNull();
      var head = client.send(address(gateway), TestClient.request("HEAD", "/"));
      head.complete().orTimeout(60, TimeUnit.SECONDS).join();
      assertThat(head.received()).isZero();
    }
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrder() {
    try (var good =
            TestUpstream.start(
                transport,
                exchange ->
                    exchange.respond(200, String.valueOf(exchange.headers().join().get(":path"))));
        var gateway = SwapGateway.start(folder, config(good.port(), 1, ""));
        var client = new RawClient(address(gateway))) {
      client.send(
          "GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n"
              + "GET /3 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
      assertThat(client.readAll()).containsSubsequence("/1", "/2", "/3");
    }
  }

  @Test
  void badYamlAtStartEndsWithItsPlace() {
    try (var gateway =
        GatewayProcess.launch(folder, "listeners:\n  - {name: web, adress: \"127.0.0.1:0\"}\n")) {
      assertThat(gateway.exitCode()).isEqualTo(1);
      assertThat(gateway.log())
          .contains(
              "sluice.yaml:3:17: listeners[0].adress: unknown field; did you mean \"address\"?")
          .doesNotContain("Exception");
    }
  }

  private String plugin(String more) throws IOException {
    var file = Files.write(folder.resolve("hello.wasm"), SwapGateway.headerGuest());
    return "plugins: [{name: hello, url: \"file:" + file + "\"" + more + "}]";
  }

  @Test
  void aPluginWithAnotherDigestEndsTheStart() throws IOException {
    var config = config(1, 1, plugin(", sha256: " + "a".repeat(64)));
    try (var gateway = GatewayProcess.launch(folder, config)) {
      assertThat(gateway.exitCode()).isEqualTo(1);
      assertThat(gateway.log()).contains("hello", "a".repeat(64)).doesNotContain("\tat ");
    }
  }

  @Test
  void aBadPluginOnReloadLeavesTheOldOneServing() throws IOException {
    try (var good = TestUpstream.start(transport, exchange -> exchange.respond(200, "ok"));
        var gateway = SwapGateway.start(folder, config(good.port(), 1, plugin(", global: true")))) {
      var bytes = SwapGateway.headerGuest();
      var cut = Files.write(folder.resolve("cut.wasm"), Arrays.copyOf(bytes, bytes.length / 2));
      for (var entry :
          new String[] {
            "{name: hello, url: \"file:%s\", global: true}".formatted(cut),
            "{name: hello, url: \"file:%s\", sha256: %s, global: true}"
                .formatted(folder.resolve("hello.wasm"), "b".repeat(64)),
            "{name: hello, url: \"file:%s\"}".formatted(folder.resolve("missing.wasm")),
            "{name: hello, url: \"oci://127.0.0.1:1/a/b:1\"}",
          }) {
        var answer = gateway.admin("PUT", "/plugins/hello", entry);
        assertThat(answer.statusCode()).as(answer.body()).isBetween(400, 499);
        assertThat(answer.body()).contains("plugins[0]");
        assertThat(gateway.get("/").headers().firstValue("x-hello")).isPresent();
      }
    }
  }
}
