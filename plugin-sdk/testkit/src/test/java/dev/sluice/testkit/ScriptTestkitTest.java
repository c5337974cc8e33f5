package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugin.host.PluginLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs scripts, whose callbacks run beside the loop. */
class ScriptTestkitTest {
  @TempDir private Path folder;

  private TestkitBuilder script(String text) throws IOException {
    var capabilities = "capabilities: [http, store]\n";
    Files.writeString(
        folder.resolve("plugin.yaml"),
        "name: script\nversion: 0.1.0\nengine: js\nentry: plugin.js\n" + capabilities);
    Files.writeString(folder.resolve("plugin.js"), text);
    return PluginTestkit.of(folder);
  }

  @Test
  void headersAndBodiesGoThrough() throws IOException {
    var builder =
        script(
            """
            export default definePlugin({
              onRequestHeaders(ctx) { ctx.request.headers.set("x-name", ctx.config.name); },
              onResponseBody(ctx) { console.log("saw", ctx.response.body.length); },
            });
            """);
    try (var kit = builder.configuration("{\"name\": \"World\"}").start()) {
      var exchange = kit.exchange().request("POST", "/a", "hello");
      assertThat(exchange.request().header("x-name")).isEqualTo("World");
      assertThat(exchange.request().text()).isEqualTo("hello");
      assertThat(exchange.outcome()).isNull();
      exchange.respond(200, "bye");
      assertThat(exchange.response().text()).isEqualTo("bye");
      assertThat(exchange.outcome()).isEqualTo(new Outcome(200, "", "", "", false));
      assertThat(kit.log()).containsExactly(new LogLine(PluginLog.Level.INFO, "saw 3"));
    }
  }

  @Test
  void aCalloutHoldsTheRequestUntilItIsAnswered() throws IOException {
    var builder =
        script(
                """
                export default definePlugin({
                  async onRequestHeaders(ctx) {
                    const answer = await sluice.http.fetch("auth", { path: "/check", timeout: 1000 });
                    if (answer.status !== 200) ctx.respond({ status: 403, body: "no" });
                  },
                });
                """)
            .upstreams("auth");
    try (var kit = builder.start()) {
      var exchange = kit.exchange().get("/");
      assertThat(exchange.request().hasBegun()).isFalse();
      assertThat(kit.callout().upstream()).isEqualTo("auth");
      assertThat(kit.callout().request().header(":path")).isEqualTo("/check");
      kit.callout().respond(200, "");
      assertThat(exchange.request().hasBegun()).isTrue();

      var refused = kit.exchange().get("/");
      kit.callout().respond(401, "");
      assertThat(refused.response().status()).isEqualTo(403);
      assertThat(refused.request().hasBegun()).isFalse();
      assertThat(refused.ended().answerer()).isEqualTo(Outcome.Answerer.PLUGIN);

      var late = kit.exchange().get("/");
      kit.advance(Duration.ofMillis(900));
      assertThat(late.outcome()).isNull();
      kit.advance(Duration.ofMillis(200));
      assertThat(late.ended().code()).isEqualTo("plugin_failed");
      assertThat(kit.log()).anyMatch(line -> line.level() == PluginLog.Level.ERROR);
    }
  }

  @Test
  void servicesTellTheTimeOfTheTest() throws IOException {
    var builder =
        script(
            """
            export default definePlugin({
              async onRequestHeaders(ctx) {
                const kept = await sluice.store.get("k");
                if (kept) return ctx.respond({ status: 200, body: kept.text() });
                await sluice.store.set("k", "kept", { ttl: 60000 });
              },
            });
            """);
    try (var kit = builder.start()) {
      assertThat(kit.exchange().get("/").request().hasBegun()).isTrue();
      kit.advance(Duration.ofSeconds(59));
      assertThat(kit.exchange().get("/").response().text()).isEqualTo("kept");
      kit.advance(Duration.ofSeconds(2));
      assertThat(kit.exchange().get("/").request().hasBegun()).isTrue();
    }
  }
}
