package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.TestUpstream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Loads scripts that do their worst into a gateway whose other routes serve: each fails its own
 * calls as {@code failStrategy} says, and nobody else's.
 */
class HostileScriptsTest {
  private static final String GOOD =
      """
      export default definePlugin({
        onResponseHeaders(ctx) {
          const odd = ({}).polluted ?? globalThis.polluted ?? "clean";
          ctx.response.headers.set("x-hello", odd);
        },
      });
      """;

  private final Transport transport = Transport.create(2);
  @TempDir private Path folder;

  @AfterEach
  void close() {
    transport.close();
  }

  private static void answer(Exchange exchange) {
    exchange.complete().thenAccept(done -> exchange.respond(200, "ok"));
  }

  /** Returns a plugin whose request callback does something. */
  private static String doing(String deed) {
    return "export default definePlugin({ async onRequestHeaders(ctx) {\n"
        + deed
        + "\n}, onResponseHeaders(ctx) { ctx.response.headers.set('x-bad', 'ran'); } });";
  }

  private SwapGateway start(int upstream, String strategy, String bad) {
    return SwapGateway.start(
        folder,
        """
        listeners: [{name: web, address: "127.0.0.1:0"}]
        accessLog: {}
        threads: 2
        upstreams: [{name: u, endpoints: [{address: "127.0.0.1:%d"}]}]
        routes:
          - {name: plain, match: {path: {exact: /plain}}, upstream: u}
          - {name: good, match: {path: {exact: /good}}, upstream: u, plugins: [hello]}
          - {name: bad, match: {path: {exact: /bad}}, upstream: u, plugins: [hello, bad]}
        plugins:
          - {name: hello, url: "%s", limits: {callTime: 5s, startTime: 60s}}
          - {name: bad, url: "%s", failStrategy: %s, limits: {callTime: 30ms, startTime: 30s, memory: 32MiB}}
        """
            .formatted(upstream, write("hello.js", GOOD), write("bad.js", bad), strategy));
  }

  private String write(String name, String script) {
    try {
      return "file:" + Files.writeString(folder.resolve(name), script);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void neighboursAreWell(SwapGateway gateway) {
    for (int i = 0; i < 5; i++) {
      assertThat(gateway.get("/plain").statusCode()).isEqualTo(200);
      var good = gateway.get("/good");
      assertThat(good.statusCode()).isEqualTo(200);
      assertThat(good.headers().firstValue("x-hello")).contains("clean");
    }
  }

  static Stream<Arguments> deeds() {
    return Stream.of(
        arguments("for (;;) {}", "FAIL_CLOSE", 503),
        arguments("for (;;) {}", "FAIL_OPEN", 200),
        arguments("try { for (;;) {} } finally { for (;;) {} }", "FAIL_CLOSE", 503),
        arguments("for (;;) await null", "FAIL_CLOSE", 503),
        arguments(
            "const again = () => Promise.resolve().then(again); await again()", "FAIL_CLOSE", 503),
        arguments(
            "const all = []; for (;;) all.push(new Array(1000).fill(ctx))", "FAIL_CLOSE", 503),
        arguments("const all = []; for (;;) all.push(new Uint8Array(1 << 20))", "FAIL_CLOSE", 503),
        arguments("let s = 'x'; for (;;) s += s", "FAIL_CLOSE", 503),
        arguments("const all = []; for (;;) all.push(new Promise(() => {}))", "FAIL_CLOSE", 503),
        arguments("new Uint8Array(2 ** 31)", "FAIL_CLOSE", 503),
        arguments("'x'.repeat(2 ** 30)", "FAIL_CLOSE", 503),
        arguments("const down = () => 1 + down(); down()", "FAIL_CLOSE", 503),
        arguments("await new Promise(() => {})", "FAIL_CLOSE", 503),
        arguments("throw new Error('no')", "FAIL_CLOSE", 503),
        arguments("throw null", "FAIL_CLOSE", 503),
        arguments("await Promise.reject(7)", "FAIL_OPEN", 200),
        arguments("ctx.request.headers.set('a b', 'c')", "FAIL_CLOSE", 503),
        arguments("for (;;) sluice.properties", "FAIL_CLOSE", 503),
        arguments("for (;;) ctx.properties.get", "FAIL_CLOSE", 503),
        arguments(
            "for (;;) ctx.properties.text('request.path').catch(() => {})", "FAIL_CLOSE", 503),
        arguments(
            "/^(a+)+$/.test('a'.repeat(40) + 'b') || (() => { for (;;) {} })()",
            "FAIL_CLOSE",
            503));
  }

  @ParameterizedTest
  @MethodSource("deeds")
  void failsItsOwnCallsOnly(String deed, String strategy, int status) {
    var bad = doing(deed);
    try (var upstream = TestUpstream.start(transport, HostileScriptsTest::answer);
        var gateway = start(upstream.port(), strategy, bad)) {
      for (int i = 0; i < 2; i++) {
        var answer = gateway.get("/bad");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        if (status == 503) {
          assertThat(answer.body()).contains("plugin_failed").doesNotContain("js", "Error");
        }
        neighboursAreWell(gateway);
      }
    }
  }

  /** Each deed must throw; a script in which none of it works goes on and serves. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "eval('1')",
        "new Function('return 1')()",
        "(async () => {}).constructor('return 1')()",
        "await import('./bad.js')",
        "await import('/etc/passwd')",
        "await import('http://127.0.0.1/x.mjs')",
        "await import('data:text/javascript,export default 1')",
        "await import('java.lang.System')",
        "Java.type('java.lang.System')",
        "Packages.java.lang.System.exit(1)",
        "java.lang.System.exit(1)",
        "Polyglot.eval('js', '1')",
        "Graal.versionECMAScript",
        "load('/etc/passwd')",
        "loadWithNewGlobal('/etc/passwd')",
        "require('fs')",
        "process.env.PATH",
        "print('x')",
        "quit()",
        "new Worker('x')",
        "new WebAssembly.Module(new Uint8Array(8))",
        "new SharedArrayBuffer(8)",
        "new java.lang.Thread()",
        "sluice.log.info.getClass().getName()",
        "sluice.log.info.constructor('return 1')()",
        "ctx.constructor.constructor('return 1')()",
        "Object.prototype.polluted = 'bad'; if (({}).polluted !== 'bad') throw 1",
        "'use strict'; ({}).__proto__.polluted = 'bad'",
        "Object.assign(JSON.parse('{}').constructor.prototype, { polluted: 'bad' })",
        "Object.prototype.toString = () => 'bad'",
        "Array.prototype.polluted = 'bad'",
        "globalThis.sluice = 1",
        "sluice.log = 1",
        "sluice.store.get = 1",
        "await sluice.store.get('k')",
        "await sluice.counters.peek([])",
        "await sluice.embed(['x'])",
        "await sluice.tokens.count('m', 'x')",
        "await sluice.vectors.delete('n', 'k')",
        "await sluice.http.fetch('u', {})",
        "await sluice.http.fetch('http://127.0.0.1/', {})",
      })
  void cannotReachWhatItWasNotGiven(String deed) {
    var bad =
        doing(
            "let reached = false; try { "
                + deed
                + "; reached = true; } catch (e) {} if (reached) ctx.respond({ status: 299 });");
    try (var upstream = TestUpstream.start(transport, HostileScriptsTest::answer);
        var gateway = start(upstream.port(), "FAIL_CLOSE", bad)) {
      var answer = gateway.get("/bad");
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.headers().firstValue("x-bad")).contains("ran");
      assertThat(answer.headers().firstValue("x-hello")).contains("clean");
    }
  }

  @Test
  void aBodyThatNamesThePrototypeSpeaksForNoOtherRequest() {
    var merging =
        """
        function merge(to, from) {
          for (const key in from) {
            if (typeof from[key] === "object") merge(to[key] ??= {}, from[key]);
            else to[key] = from[key];
          }
          return to;
        }
        export default definePlugin({
          onRequestBody(ctx) {
            try { merge({}, ctx.request.body.json()); } catch (e) { sluice.log.warn(e); }
          },
          onResponseHeaders(ctx) { ctx.response.headers.set("x-admin", String(({}).admin)); },
        });
        """;
    try (var upstream = TestUpstream.start(transport, HostileScriptsTest::answer);
        var gateway = start(upstream.port(), "FAIL_CLOSE", merging)) {
      gateway.post("/bad", "{\"__proto__\": {\"admin\": true}}");
      gateway.post("/bad", "{\"constructor\": {\"prototype\": {\"admin\": true}}}");
      for (int i = 0; i < 4; i++) {
        assertThat(gateway.post("/bad", "{}").headers().firstValue("x-admin"))
            .contains("undefined");
      }
      neighboursAreWell(gateway);
    }
  }

  @Test
  void globalsOfOnePluginAreNotThoseOfAnother() {
    var global = "globalThis.polluted = 'bad'; export default definePlugin({});";
    try (var upstream = TestUpstream.start(transport, HostileScriptsTest::answer);
        var gateway = start(upstream.port(), "FAIL_CLOSE", global)) {
      neighboursAreWell(gateway);
    }
  }

  @Test
  void aRejectionThatNobodyHandlesIsLoggedAndHarmsNoExchange() {
    var bad =
        doing(
            "Promise.reject(new Error('lonely')); for (const a of [1]) new Promise((y, n) =>"
                + " n(a));");
    try (var upstream = TestUpstream.start(transport, HostileScriptsTest::answer);
        var gateway = start(upstream.port(), "FAIL_CLOSE", bad)) {
      for (int i = 0; i < 3; i++) {
        assertThat(gateway.get("/bad").statusCode()).isEqualTo(200);
      }
      neighboursAreWell(gateway);
    }
  }

  @Test
  void aScriptThatCannotBeStoppedIsQuarantinedAndItsThreadReplaced() {
    // One step of arithmetic on huge numbers, which GraalVM does not interrupt.
    var bad = doing("let n = 3n ** 4000000n; for (let i = 0; i < 30; i++) n = n * n;");
    try (var upstream = TestUpstream.start(transport, HostileScriptsTest::answer);
        var gateway = start(upstream.port(), "FAIL_CLOSE", bad)) {
      assertThat(gateway.get("/bad").statusCode()).isEqualTo(503);
      neighboursAreWell(gateway);
      assertThat(gateway.get("/bad").statusCode()).isEqualTo(503);
      var entry = "{name: bad, url: \"%s\"}".formatted(write("next.js", GOOD));
      assertThat(gateway.admin("PUT", "/plugins/bad", entry).statusCode()).isEqualTo(200);
      assertThat(gateway.get("/bad").statusCode()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "for (;;) {}",
        "export default definePlugin({ onConfigure() { for (;;) {} } });",
        "const all = []; for (;;) all.push(new Array(1000).fill(0));",
        "const down = () => 1 + down(); down();",
        "throw new Error('no');",
        "await new Promise(() => {}); export default {};",
      })
  void aScriptThatDoesNotStartNeverReplacesTheOneThatServes(String script) {
    try (var upstream = TestUpstream.start(transport, HostileScriptsTest::answer);
        var gateway = start(upstream.port(), "FAIL_CLOSE", doing(""))) {
      var entry =
          "{name: bad, url: \"%s\", limits: {startTime: 500ms, memory: 16MiB}}"
              .formatted(write("next.js", script));
      var answer = gateway.admin("PUT", "/plugins/bad", entry);
      assertThat(answer.statusCode()).as(answer.body()).isBetween(400, 499);
      assertThat(gateway.get("/bad").headers().firstValue("x-bad")).contains("ran");
      neighboursAreWell(gateway);
    }
  }

  @Test
  void theEndAndTicksOfABadScriptHarmNobodyElse() {
    var bad =
        "export default definePlugin({ tickPeriod: 20, onTick() { for (;;) {} }, onLog() { throw"
            + " 1; } });";
    try (var upstream = TestUpstream.start(transport, HostileScriptsTest::answer);
        var gateway = start(upstream.port(), "FAIL_OPEN", bad)) {
      await()
          .atMost(SwapGateway.PATIENCE)
          .until(() -> gateway.metric("sluice_plugin_failures_total", "bad") > 1);
      assertThat(gateway.get("/bad").statusCode()).isIn(200, 503);
      neighboursAreWell(gateway);
    }
  }
}
