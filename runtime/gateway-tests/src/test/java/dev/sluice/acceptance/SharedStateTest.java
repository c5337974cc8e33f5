package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.wasm.testing.Wat;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Has plugins in Wasm (counters-guest.wat), JavaScript and Python take from one limit of six and
 * keep values for each other, in one gateway and over two that share a Redis.
 */
class SharedStateTest {
  private static final String JAVASCRIPT =
      """
      const limit = { key: "{k}", amount: 6, window: { fixed: "month" } };
      export default definePlugin({
        async onRequestHeaders(ctx) {
          const seen = await sluice.store.get("path");
          const taken = await sluice.counters.reserve([limit], 1, 60000);
          if (!taken.granted) return ctx.respond({ status: 429 });
          await sluice.counters.settle(taken.reservation, 1);
          await sluice.store.set("path", "js");
          const lock = await sluice.store.lock("lock", 60000);
          const other = await sluice.store.lock("lock", 60000);
          ctx.request.headers.set("x-seen", `${seen?.text()} ${other === null} ${await lock.unlock()}`);
        },
      });
      """;

  private static final String PYTHON =
      """
      import sluice

      limit = {"key": "{k}", "amount": 6, "window": {"fixed": "month"}}


      class Plugin(sluice.Plugin):
          async def on_request_headers(self, ctx):
              seen = await sluice.store.get("path")
              taken = await sluice.counters.reserve([limit], 1, 60)
              if not taken.granted:
                  return ctx.respond(status=429)
              left = await sluice.counters.settle(taken.reservation, 1)
              await sluice.store.set("path", "py")
              ctx.request.headers["x-seen"] = f"{seen.text()} {left[0]['remaining']}"


      plugin = Plugin()
      """;

  @TempDir private Path folder;
  private final TextUpstream upstream =
      TextUpstream.start(
          exchange ->
              Objects.requireNonNullElse(exchange.getRequestHeaders().getFirst("x-seen"), "none"));

  @BeforeEach
  void start() throws IOException {
    try (InputStream in = SharedStateTest.class.getResourceAsStream("counters-guest.wat")) {
      var text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      Files.write(folder.resolve("guest.wasm"), Wat.assemble(text));
    }
    Files.writeString(folder.resolve("plugin.js"), JAVASCRIPT);
    Files.writeString(folder.resolve("plugin.py"), PYTHON);
  }

  @AfterEach
  void stop() {
    upstream.close();
  }

  private String config(String state) {
    var shared =
        "vmConfig: {vmId: shared}, limits: {callTime: 20s, startTime: 60s}, grants: {counters: {},"
            + " store: {}}";
    return """
    listeners: [{name: web, address: "127.0.0.1:0"}]
    accessLog: {}
    threads: 1
    upstreams: [{name: u, endpoints: [{address: "127.0.0.1:%d"}]}]
    routes:
      - {name: wasm, match: {path: {exact: /wasm}}, upstream: u, plugins: [wasm]}
      - {name: js, match: {path: {exact: /js}}, upstream: u, plugins: [js]}
      - {name: py, match: {path: {exact: /py}}, upstream: u, plugins: [py]}
    plugins:
      - {name: wasm, url: "file:%s", %s}
      - {name: js, url: "file:%s", %s}
      - {name: py, url: "file:%s", %s}
    %s
    """
        .formatted(
            upstream.port(),
            folder.resolve("guest.wasm"),
            shared,
            folder.resolve("plugin.js"),
            shared,
            folder.resolve("plugin.py"),
            shared,
            state);
  }

  private static String get(SwapGateway gateway, String path) {
    var response = gateway.get(path);
    return response.statusCode() + " " + response.body();
  }

  @Test
  void pluginsOfAllEnginesShareCountersAndValues() {
    try (var gateway = SwapGateway.start(folder, config(""))) {
      assertThat(get(gateway, "/wasm")).isEqualTo("200 none");
      await().until(() -> gateway.metric("sluice_service_calls_total", "\"settle\"") == 1);
      assertThat(get(gateway, "/js")).isEqualTo("200 wasm true true");
      assertThat(get(gateway, "/py")).isEqualTo("200 js 3");
      assertThat(get(gateway, "/wasm")).isEqualTo("200 none");
      assertThat(get(gateway, "/js")).isEqualTo("200 wasm true true");
      assertThat(get(gateway, "/py")).isEqualTo("200 js 0");
      for (var path : new String[] {"/wasm", "/js", "/py"}) {
        assertThat(get(gateway, path)).startsWith("429");
      }

      assertThat(gateway.admin("GET", "/metrics", "").body())
          .contains(
              "sluice_service_calls_total{operation=\"reserve\",plugin=\"wasm\","
                  + "service=\"counters\"} 3.0")
          .contains("sluice_service_items{scope=\"shared\",service=\"store\"} 1.0")
          .contains("sluice_service_items{scope=\"shared\",service=\"counters\"} 1.0");
    }
  }

  @Test
  void withoutGrantsNothingIsCounted() {
    var denied = config("").replace("grants: {counters: {}, store: {}}", "grants: {}");
    try (var gateway = SwapGateway.start(folder, denied)) {
      assertThat(get(gateway, "/wasm")).startsWith("503");
      assertThat(gateway.admin("GET", "/metrics", "").body())
          .doesNotContain("sluice_service_calls_total{");
    }
  }

  @Test
  @Tag("peers")
  void gatewaysShareThemInRedisAndFollowTheConfiguration() throws IOException {
    var home = Files.createDirectory(folder.resolve("redis"));
    var second = Files.createDirectory(folder.resolve("second"));
    try (var redis = RedisServer.start(PeerProgram.find("redis-server"), home)) {
      var state =
          """
          state:
            counters: redis
            store: redis
            redis: {url: "redis://127.0.0.1:%d", timeout: 500ms, onUnavailable: {counters: %s, store: local}}
          """;
      try (var one = SwapGateway.start(folder, config(state.formatted(redis.port(), "deny")));
          var two = SwapGateway.start(second, config(state.formatted(redis.port(), "deny")))) {
        assertThat(get(one, "/wasm")).isEqualTo("200 none");
        assertThat(get(two, "/wasm")).isEqualTo("200 none");
        assertThat(get(one, "/py")).startsWith("200 wasm ");
        assertThat(get(two, "/js")).isEqualTo("200 py true true");
        assertThat(get(one, "/wasm")).isEqualTo("200 none");
        assertThat(get(two, "/py")).startsWith("200 wasm ");
        assertThat(get(one, "/wasm")).startsWith("429");
        assertThat(get(two, "/wasm")).startsWith("429");

        redis.close();
        assertThat(get(one, "/wasm")).as("deny: the plugin says so").startsWith("503");
        var changed = one.putConfig(config(state.formatted(redis.port(), "allow")));
        assertThat(changed.statusCode()).as(changed.body()).isEqualTo(200);
        assertThat(get(one, "/wasm")).as("allow").startsWith("200");
        assertThat(get(two, "/wasm")).as("deny").startsWith("503");
        assertThat(one.putConfig(config("")).statusCode()).isEqualTo(200);
        assertThat(get(one, "/py")).as("in memory from now on").endsWith(" 5");
      }
    }
  }
}
