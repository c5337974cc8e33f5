package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.TestUpstream;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Drives whole gateways with JavaScript plugins. */
class ScriptPluginsTest {
  private final Transport transport = Transport.create(2);
  @TempDir private Path folder;

  @AfterEach
  void close() {
    transport.close();
  }

  /** Answers with what came in. */
  private static void echo(Exchange exchange) {
    exchange
        .headers()
        .thenCombine(
            exchange.complete(),
            (headers, done) -> {
              exchange.respond(200, headers.get("x-seen", "") + "|" + exchange.text());
              return headers;
            });
  }

  private String config(int upstream, String script, String more) {
    return """
    listeners: [{name: web, address: "127.0.0.1:0"}]
    accessLog: {}
    threads: 2
    upstreams: [{name: u, endpoints: [{address: "127.0.0.1:%d"}]}]
    routes:
      - {name: plain, match: {path: {exact: /plain}}, upstream: u}
      - {name: all, match: {path: {prefix: /}}, upstream: u, plugins: [script]}
    plugins:
      - {name: script, url: "%s", limits: {callTime: 5s, startTime: 60s}%s}
    """
        .formatted(upstream, write("plugin.js", script), more);
  }

  private String write(String name, String script) {
    try {
      return "file:" + java.nio.file.Files.writeString(folder.resolve(name), script);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void changesHeadersBothWays() {
    var script =
        """
        export default definePlugin({
          onRequestHeaders(ctx) { ctx.request.headers.set("x-seen", ctx.config.name + ctx.request.path); },
          onResponseHeaders(ctx) {
            ctx.response.headers.append("x-answer", `${ctx.response.status} ${ctx.request.method}`);
          },
        });
        """;
    try (var upstream = TestUpstream.start(transport, ScriptPluginsTest::echo);
        var gateway =
            SwapGateway.start(
                folder, config(upstream.port(), script, ", pluginConfig: {name: ann}"))) {
      var answer = gateway.post("/a", "body");
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo("ann/a|body");
      assertThat(answer.headers().firstValue("x-answer")).contains("200 POST");
      assertThat(gateway.get("/b").body()).isEqualTo("ann/b|");
    }
  }

  @Test
  void rewritesWholeBodies() {
    var script =
        """
        export default definePlugin({
          async onRequestBody(ctx) {
            const json = ctx.request.body.json();
            ctx.request.headers.set("x-seen", String(ctx.request.body.length));
            json.added = await Promise.resolve("é");
            ctx.request.body.set(json);
          },
          onResponseBody(ctx) {
            ctx.response.headers.set("x-bytes", ctx.response.body.bytes().length);
            ctx.response.body.set(ctx.response.body.text().toUpperCase());
          },
        });
        """;
    try (var upstream = TestUpstream.start(transport, ScriptPluginsTest::echo);
        var gateway = SwapGateway.start(folder, config(upstream.port(), script, ""))) {
      var answer = gateway.post("/a", "{\"k\":1}");
      assertThat(answer.body()).isEqualTo("7|{\"K\":1,\"ADDED\":\"É\"}");
      assertThat(answer.headers().firstValue("x-bytes")).contains("22");
    }
  }

  @Test
  void seesChunksAsTheyComeAndReplacesThem() {
    var script =
        """
        let seen = 0;
        export default definePlugin({
          onRequestChunk(ctx, chunk) {
            return new TextDecoder().decode(chunk).toUpperCase() + (ctx.endOfStream ? "!" : "");
          },
        });
        """;
    try (var upstream = TestUpstream.start(transport, ScriptPluginsTest::echo);
        var gateway = SwapGateway.start(folder, config(upstream.port(), script, ""))) {
      var text = "abcdefgh".repeat(200_000);
      var answer = gateway.post("/a", text);
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo("|" + text.toUpperCase(java.util.Locale.ROOT) + "!");
    }
  }

  @Test
  void answersItself() {
    var script =
        """
        export default definePlugin({
          onRequestBody(ctx) {
            if (ctx.request.body.text().includes("bad")) {
              ctx.respond({ status: 403, code: "refused", headers: { "x-why": "bad" }, body: { error: "no" } });
            }
          },
        });
        """;
    try (var upstream = TestUpstream.start(transport, ScriptPluginsTest::echo);
        var gateway = SwapGateway.start(folder, config(upstream.port(), script, ""))) {
      var refused = gateway.post("/a", "a bad word");
      assertThat(refused.statusCode()).isEqualTo(403);
      assertThat(refused.body()).isEqualTo("{\"error\":\"no\"}");
      assertThat(refused.headers().firstValue("x-why")).contains("bad");
      assertThat(refused.headers().firstValue("content-type")).contains("application/json");
      assertThat(gateway.post("/a", "good").body()).isEqualTo("|good");
    }
  }

  @Test
  void callsGrantedUpstreamsAndIsRefusedOthers() {
    var script =
        """
        export default definePlugin({
          async onRequestHeaders(ctx) {
            if (ctx.request.path === "/plain") return;
            const answer = await sluice.http.fetch("u", { method: "POST", path: "/plain", body: "asked" });
            let refused = "";
            try { await sluice.http.fetch("other", { path: "/" }); } catch (e) { refused += e.reason; }
            try { await sluice.store.get("k"); } catch (e) { refused += " " + e.reason; }
            try { sluice.counters.peek([]); } catch (e) { refused += " " + e.reason; }
            ctx.request.headers.set("x-seen", `${answer.status} ${answer.text()} ${refused}`);
          },
        });
        """;
    try (var upstream = TestUpstream.start(transport, ScriptPluginsTest::echo);
        var gateway =
            SwapGateway.start(folder, config(upstream.port(), script, ", grants: {http: [u]}"))) {
      assertThat(gateway.get("/a").body())
          .isEqualTo("200 |asked NOT_GRANTED NOT_GRANTED NOT_GRANTED|");
    }
  }

  @Test
  void usesTheServicesThatNeedNoGrant() {
    var script =
        """
        let set;
        const seen = sluice.metrics.counter("seen");
        export default definePlugin({
          onConfigure(config) { set = sluice.patterns.compile(["secret", { expression: "[0-9]{3}", wholeWord: true }]); },
          async onRequestBody(ctx) {
            const hits = set.scan(ctx.request.body.text());
            seen.add(hits.length);
            const route = await ctx.properties.text("xds.route_name");
            const time = sluice.clock.now() > 1e12 && sluice.clock.monotonic() > 0;
            ctx.request.headers.set("x-seen", `${hits.map(h => h.pattern + "@" + h.start).join()} ${route} ${time}`);
          },
        });
        """;
    try (var upstream = TestUpstream.start(transport, ScriptPluginsTest::echo);
        var gateway = SwapGateway.start(folder, config(upstream.port(), script, ""))) {
      assertThat(gateway.post("/a", "my secret 123").body())
          .isEqualTo("0@3,1@10 all true|my secret 123");
      assertThat(gateway.metric("sluice_custom_seen", "script")).isEqualTo(2);
    }
  }

  @Test
  void countsAndKeepsValuesThatAllContextsSee() {
    var script =
        """
        const limits = [{ key: "calls", amount: 5, window: { fixed: "month" } }];
        export default definePlugin({
          async onRequestHeaders(ctx) {
            const { granted, reservation } = await sluice.counters.reserve(limits, 3, 60000);
            if (!granted) return ctx.respond({ status: 429 });
            const [left] = await sluice.counters.settle(reservation, 1);
            const before = await sluice.store.get("seen");
            const version = await sluice.store.set("seen", { n: (before?.json().n ?? 0) + 1 }, { ttl: 60000 });
            let reason = "";
            try { await sluice.store.compareAndSet("seen", "x", before?.version ?? "0"); } catch (e) { reason = e.reason; }
            const lock = await sluice.store.lock("l", 60000);
            const second = await sluice.store.lock("l", 60000);
            const freed = await lock.unlock();
            const { n } = (await sluice.store.get("seen")).json();
            ctx.request.headers.set("x-seen", [left.remaining, n, reason, second, freed, typeof version].join());
          },
        });
        """;
    var grants = ", grants: {counters: {}, store: {}}";
    try (var upstream = TestUpstream.start(transport, ScriptPluginsTest::echo);
        var gateway = SwapGateway.start(folder, config(upstream.port(), script, grants))) {
      for (int i = 1; i <= 3; i++) {
        assertThat(gateway.get("/a").body())
            .isEqualTo((5 - i) + "," + i + ",CAS_MISMATCH,,true,string|");
      }
      assertThat(gateway.get("/a").statusCode()).isEqualTo(429);
    }
  }

  @Test
  void namesFileLineAndColumnOfAnUncaughtError() {
    var script =
        """
        function deeper(ctx) {
          return ctx.request.headers.get("none").length;
        }
        export default definePlugin({
          async onRequestHeaders(ctx) {
            await null;
            deeper(ctx);
          },
        });
        """;
    try (var upstream = TestUpstream.start(transport, ScriptPluginsTest::echo);
        var gateway = SwapGateway.start(folder, config(upstream.port(), script, ""))) {
      var log = PluginLog.of("script");
      assertThat(gateway.get("/a").statusCode()).isEqualTo(503);
      assertThat(gateway.get("/plain").statusCode()).isEqualTo(200);
      assertThat(log.text())
          .contains("TypeError: Cannot read property 'length' of undefined")
          .contains("at deeper (script.js:2:10)")
          .contains("at onRequestHeaders (script.js:7:5)");
    }
  }

  @Test
  void refusesAModuleWithoutAPlugin() {
    try (var upstream = TestUpstream.start(transport, ScriptPluginsTest::echo);
        var gateway =
            SwapGateway.start(
                folder, config(upstream.port(), "export default definePlugin({});", ""))) {
      for (var script :
          new String[] {
            "const a = 1;",
            "export default { onRequestHeader() {} };",
            "export default {",
            "export default definePlugin({ onConfigure(c) { throw new Error('port: ' + c.port); }"
                + " });",
            "import fs from 'fs'; export default {};",
          }) {
        var entry = "{name: script, url: \"%s\"}".formatted(write("next.js", script));
        var answer = gateway.admin("PUT", "/plugins/script", entry);
        assertThat(answer.statusCode()).as(script + answer.body()).isBetween(400, 499);
      }
      assertThat(gateway.get("/a").statusCode()).isEqualTo(200);
    }
  }
}
