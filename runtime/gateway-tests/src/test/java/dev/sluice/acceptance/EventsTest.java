package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.StreamError;
import dev.sluice.http.Transport;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.TestClient;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.plugin.Headers;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Streams of events pass one by one, and a client that leaves takes its upstream along. */
class EventsTest {
  private static final String CHAT =
      "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

  private final Transport transport = Transport.create(2);
  @TempDir private Path folder;

  @AfterEach
  void close() {
    transport.close();
  }

  private SwapGateway gateway(TestUpstream upstream, ProtocolChoice up, boolean guarded) {
    var guard = System.getProperty("sluice.dist") + "/plugins/ai-prompt-guard/build/plugin.wasm";
    return SwapGateway.start(
        folder,
        """
        listeners: [{name: web, address: "127.0.0.1:0"}]
        accessLog: {}
        threads: 1
        upstreams: [{name: u, protocol: %s, endpoints: [{address: "127.0.0.1:%d"}]}]
        routes: [{name: r, upstream: u, plugins: [%s]}]
        plugins: [{name: guard, url: "file:%s", limits: {callTime: 2s}, pluginConfig: {deny: {phrases: [bluebird]}}}]
        """
            .formatted(
                up == ProtocolChoice.HTTP_2 ? "h2" : "http/1.1",
                upstream.port(),
                guarded ? "guard" : "",
                guard));
  }

  private static InetSocketAddress address(SwapGateway gateway) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), gateway.web("/").getPort());
  }

  private static Exchange chat(TestClient client, SwapGateway gateway) {
    return client.send(
        address(gateway),
        TestClient.request("POST", "/v1/chat/completions", "content-type", "application/json"),
        false,
        exchange -> send(exchange, CHAT, true));
  }

  private static void send(Exchange exchange, String text, boolean end) {
    exchange.stream().sendData(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8), end);
  }

  private static void begin(Exchange exchange) {
    exchange.stream()
        .sendHeaders(Headers.of(":status", "200", "content-type", "text/event-stream"), false);
  }

  private static Exchange arrived(TestUpstream upstream, int requests) {
    await().atMost(SwapGateway.PATIENCE).until(() -> upstream.exchanges().size() == requests);
    return upstream.exchanges().stream().skip(requests - 1).findFirst().orElseThrow();
  }

  @ParameterizedTest
  @CsvSource({
    "HTTP_1_1, HTTP_1_1, false",
    "HTTP_2, HTTP_1_1, false",
    "HTTP_1_1, HTTP_2, false",
    "HTTP_2, HTTP_2, false",
    "HTTP_1_1, HTTP_1_1, true",
    "HTTP_2, HTTP_2, true"
  })
  void eachEventArrivesBeforeTheNextIsSent(
      ProtocolChoice down, ProtocolChoice up, boolean guarded) {
    try (var upstream = TestUpstream.start(transport, EventsTest::begin);
        var gateway = gateway(upstream, up, guarded);
        var client = new TestClient(transport, down, null)) {
      var answer = chat(client, gateway);
      var source = arrived(upstream, 1);
      for (int i = 0; i < 20; i++) {
        var event =
            "data:"
                + " {\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"no."
                + " "
                + i
                + "\"}}]}\n\n";
        source.stream().loop().execute(() -> send(source, event, false));
        await().atMost(SwapGateway.PATIENCE).until(() -> answer.text().endsWith(event));
      }
      source.stream().loop().execute(() -> send(source, "data: [DONE]\n\n", true));
      answer.complete().orTimeout(60, TimeUnit.SECONDS).join();
      assertThat(answer.text().split("\n\n")).hasSize(21);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "HTTP_1_1, HTTP_1_1, false",
    "HTTP_2, HTTP_1_1, false",
    "HTTP_1_1, HTTP_2, false",
    "HTTP_2, HTTP_2, false",
    "HTTP_2, HTTP_2, true"
  })
  void aClientThatLeavesCancelsTheUpstream(
      ProtocolChoice down, ProtocolChoice up, boolean guarded) {
    try (var upstream = TestUpstream.start(transport, EventsTest::begin);
        var gateway = gateway(upstream, up, guarded);
        var client = new TestClient(transport, down, null)) {
      var answer = chat(client, gateway);
      answer.headers().orTimeout(60, TimeUnit.SECONDS).join();
      var source = arrived(upstream, 1);
      client.onLoop(() -> answer.stream().reset(StreamError.CANCEL));
      source.reset().orTimeout(60, TimeUnit.SECONDS).join();

      var upload =
          client.send(
              address(gateway),
              TestClient.request("POST", "/upload", "content-length", "1000000"),
              false,
              exchange -> send(exchange, "a part", false));
      var sink = arrived(upstream, 2);
      client.onLoop(() -> upload.stream().reset(StreamError.CANCEL));
      sink.reset().orTimeout(60, TimeUnit.SECONDS).join();

      var next = chat(client, gateway);
      var third = arrived(upstream, 3);
      third.stream().loop().execute(() -> send(third, "data: [DONE]\n\n", true));
      next.complete().orTimeout(60, TimeUnit.SECONDS).join();
      assertThat(next.text()).isEqualTo("data: [DONE]\n\n");
    }
  }
}
