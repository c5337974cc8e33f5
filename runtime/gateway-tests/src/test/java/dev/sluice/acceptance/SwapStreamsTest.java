package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.Transport;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.TestClient;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.plugin.Headers;
import dev.sluice.wasm.testing.Wat;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Keeps streams open across replacements of the plugin that reads them. With {@code
 * -Dsluice.full=true} they run for three minutes, else for six seconds.
 */
class SwapStreamsTest {
  private static final int SECONDS = Boolean.getBoolean("sluice.full") ? 180 : 6;
  private static final int STREAMS = 50;
  private static final int REPLACEMENTS = 7;
  private static final int EVENTS = SECONDS * 5;

  private final Transport transport = Transport.create(2);
  @TempDir private Path folder;

  @AfterEach
  void close() {
    transport.close();
  }

  private static String guard(int generation) throws IOException {
    var built =
        Path.of(System.getProperty("sluice.dist"), "plugins/ai-prompt-guard/build/plugin.wasm");
    assertThat(Files.exists(built)).isTrue();
    return """
    {name: guard, url: "file:%s", limits: {callTime: 2s}, pluginConfig: {mask: {phrases: [project bluebird], replacement: "<g%d>"}}}\
    """
        .formatted(built, generation);
  }

  private static String config(int upstream, String plugin) {
    return """
    listeners: [{name: web, address: "127.0.0.1:0"}]
    accessLog: {}
    threads: 2
    upstreams: [{name: u, endpoints: [{address: "127.0.0.1:%d"}]}]
    routes: [{name: r, upstream: u, plugins: [guard]}]
    plugins: [%s]
    """
        .formatted(upstream, plugin);
  }

  /** Sends an event that says the phrase to mask, in two pieces, every 200 ms. */
  private static void stream(Exchange exchange, int left) {
    if (left == EVENTS) {
      exchange.stream()
          .sendHeaders(Headers.of(":status", "200", "content-type", "text/event-stream"), false);
    }
    var events = left == 0 ? "data: [DONE]\n\n" : event("project blue") + event("bird; ");
    exchange.stream().sendData(Unpooled.copiedBuffer(events, StandardCharsets.UTF_8), left == 0);
    if (left > 0 && !exchange.closed().isDone()) {
      exchange.stream()
          .loop()
          .schedule(() -> stream(exchange, left - 1), 200, TimeUnit.MILLISECONDS);
    }
  }

  private static String event(String text) {
    return "data:"
               + " {\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
        + text
        + "\"}}]}\n\n";
  }

  private static Exchange open(TestClient client, InetSocketAddress address) {
    var body = "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    var request =
        TestClient.request("POST", "/v1/chat/completions", "content-type", "application/json");
    return client.send(
        address,
        request,
        false,
        exchange ->
            exchange.stream().sendData(Unpooled.copiedBuffer(body, StandardCharsets.UTF_8), true));
  }

  private static InetSocketAddress address(SwapGateway gateway) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), gateway.web("/").getPort());
  }

  @Test
  void streamsEndWithTheGenerationThatBeganThem() throws Exception {
    try (var upstream = TestUpstream.start(transport, exchange -> stream(exchange, EVENTS));
        var gateway = SwapGateway.start(folder, config(upstream.port(), guard(0)));
        var h1 = new TestClient(transport, ProtocolChoice.HTTP_1_1, null);
        var h2 = new TestClient(transport, ProtocolChoice.HTTP_2, null)) {
      var streams = new ArrayList<Exchange>();
      for (int i = 0; i < STREAMS; i++) {
        streams.add(open(i % 2 == 0 ? h1 : h2, address(gateway)));
      }
      for (var stream : streams) {
        await().atMost(SwapGateway.PATIENCE).until(() -> stream.text().contains("<g0>"));
      }
      for (int generation = 1; generation <= REPLACEMENTS; generation++) {
        var answer = gateway.admin("PUT", "/plugins/guard", guard(generation));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        var late = open(h2, address(gateway));
        var mark = "<g" + generation + ">";
        await().atMost(SwapGateway.PATIENCE).until(() -> late.text().contains(mark));
        h2.onLoop(() -> late.stream().reset(dev.sluice.http.StreamError.CANCEL));
      }
      for (var stream : streams) {
        stream.complete().orTimeout(SECONDS + 60, TimeUnit.SECONDS).join();
        assertThat(stream.text())
            .doesNotContain("bluebird", "project")
            .endsWith("data: [DONE]\n\n");
        assertThat(stream.text().split("<g0>", -1)).hasSize(EVENTS + 1);
        assertThat(stream.text()).doesNotContainPattern("<g[1-9]>");
      }
      await()
          .atMost(SwapGateway.PATIENCE)
          .until(() -> gateway.metric("sluice_plugin_generations", "") == 1);
    }
  }

  @Test
  void aNinthOldGenerationResetsTheStreamsOfTheOldest() throws Exception {
    try (var upstream =
            TestUpstream.start(
                transport,
                exchange -> exchange.stream().sendHeaders(Headers.of(":status", "200"), false));
        var gateway = SwapGateway.start(folder, config(upstream.port(), guard(0)));
        var client = new TestClient(transport, ProtocolChoice.HTTP_2, null)) {
      var streams = new ArrayList<Exchange>();
      for (int generation = 0; generation < 10; generation++) {
        if (generation > 0) {
          var answer = gateway.admin("PUT", "/plugins/guard", guard(generation));
          assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        }
        var stream = client.send(address(gateway), TestClient.request("GET", "/" + generation));
        stream.headers().orTimeout(60, TimeUnit.SECONDS).join();
        streams.add(stream);
      }
      streams.getFirst().reset().orTimeout(60, TimeUnit.SECONDS).join();
      assertThat(streams.subList(1, 10)).allMatch(stream -> !stream.closed().isDone());
    }
  }

  private static final String PRELUDE =
      """
      (memory (export "memory") 2)
      (func (export "proxy_abi_version_0_2_1"))
      (func (export "proxy_on_memory_allocate") (param $size i32) (result i32) (i32.const 65536))
      (data (i32.const 0) "key")
      (data (i32.const 8) "kept")
      (data (i32.const 16) "x-shared")
      """;

  @Test
  void sharedDataSurvivesAReplacement() throws IOException {
    byte[] writer =
        Wat.assemble(
            "(module (import \"env\" \"proxy_set_shared_data\" (func $set (param i32 i32 i32 i32"
                + " i32) (result i32)))"
                + PRELUDE
                + """
                (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
                  (call $set (i32.const 0) (i32.const 3) (i32.const 8) (i32.const 4) (i32.const 0))))
                """);
    byte[] reader =
        Wat.assemble(
            "(module (import \"env\" \"proxy_get_shared_data\" (func $get (param i32 i32 i32 i32"
                + " i32) (result i32)))(import \"env\" \"proxy_add_header_map_value\" (func $add"
                + " (param i32 i32 i32 i32 i32) (result i32)))"
                + PRELUDE
                + """
                (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
                  (drop (call $get (i32.const 0) (i32.const 3) (i32.const 32) (i32.const 36) (i32.const 40)))
                  (call $add (i32.const 2) (i32.const 16) (i32.const 8)
                    (i32.load (i32.const 32)) (i32.load (i32.const 36)))))
                """);
    Files.write(folder.resolve("writer.wasm"), writer);
    Files.write(folder.resolve("reader.wasm"), reader);
    var form = "{name: guard, url: \"file:%s\"}";
    try (var upstream = TestUpstream.start(transport, exchange -> exchange.respond(200, "ok"));
        var gateway =
            SwapGateway.start(
                folder, config(upstream.port(), form.formatted(folder.resolve("writer.wasm"))))) {
      assertThat(gateway.get("/").statusCode()).isEqualTo(200);
      var swapped =
          gateway.admin("PUT", "/plugins/guard", form.formatted(folder.resolve("reader.wasm")));
      assertThat(swapped.statusCode()).as(swapped.body()).isEqualTo(200);
      assertThat(gateway.get("/").headers().firstValue("x-shared")).contains("kept");
    }
  }
}
