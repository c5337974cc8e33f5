package dev.sluice.polyglot.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.plugin.Callback;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.PluginException.Kind;
import dev.sluice.plugin.engine.PluginRoot;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Says what the callbacks of a script see, answer and change, and when the message goes on. */
class ScriptCallbacksTest {
  private static final ScriptEngine ENGINE = new ScriptEngine(ScriptLanguage.JAVASCRIPT);

  @AfterAll
  static void closeEngine() {
    ENGINE.close();
  }

  @Test
  void aRequestIsHeldWhileItsHeadersAreLookedAtAndGoesOnWithTheChanges() {
    try (var script =
        Script.start(
            ENGINE,
            """
            export default definePlugin({
              onRequestHeaders(ctx) {
                const h = ctx.request.headers;
                h.set("Accept", "c").append("x-b", 1).append("x-b", 2);
                h.delete("none");
                ctx.request.path = "/new";
                h.set("x-seen", [h.has("accept"), h.getAll("x-b").join("+"), ctx.endOfStream].join());
              },
            });
            """)) {
      var exchange = new HandExchange(script.loop);
      var filter = script.filter(exchange);
      assertThat(filter.onRequestHeaders(exchange.request, true))
          .isEqualTo(FilterStatus.STOP_ITERATION_AND_WATERMARK);
      exchange.untilResumed(Direction.REQUEST);
      assertThat(exchange.request.getAll("accept")).containsExactly("c");
      assertThat(exchange.request.getAll("x-b")).containsExactly("1", "2");
      assertThat(exchange.request.path()).isEqualTo("/new");
      assertThat(exchange.request.get("x-seen")).isEqualTo("true,1+2,true");
    }
  }

  @Test
  void tellsTheChainWhichCallbacksItNeeds() {
    try (var script =
            Script.start(ENGINE, "export default { onRequestBody() {}, onResponseTrailers() {} }");
        var none = Script.start(ENGINE, "export default {}")) {
      assertThat(((PluginRoot) script.root).callbacks())
          .containsExactlyInAnyOrder(
              Callback.REQUEST_HEADERS, Callback.REQUEST_BODY, Callback.RESPONSE_TRAILERS);
      assertThat(((PluginRoot) none.root).callbacks()).isEmpty();
    }
  }

  @Test
  void aWholeBodyIsCollectedAndReplacedBeforeTheHeadersGoOn() {
    try (var script =
        Script.start(
            ENGINE,
            """
            export default definePlugin({
              onRequestHeaders(ctx) { ctx.state.first = ctx.request.body.length; },
              async onRequestBody(ctx) {
                const { body, headers } = ctx.request;
                await null;
                headers.set("x-length", `${ctx.state.first} ${body.length} ${body.bytes()[0]}`);
                body.set({ was: body.json() });
              },
            });
            """)) {
      var exchange = new HandExchange(script.loop);
      var filter = script.filter(exchange);
      assertThat(filter.onRequestHeaders(exchange.request, false))
          .isEqualTo(FilterStatus.STOP_ITERATION);
      var first = MemoryBody.of("{\"a\"");
      exchange.requestBody = first;
      assertThat(filter.onRequestBody(first, false))
          .isEqualTo(FilterStatus.STOP_ITERATION_AND_BUFFER);
      var whole = MemoryBody.of("{\"a\":\"é\"}");
      exchange.requestBody = whole;
      assertThat(filter.onRequestBody(whole, true))
          .isEqualTo(FilterStatus.STOP_ITERATION_AND_BUFFER);
      exchange.untilResumed(Direction.REQUEST);
      assertThat(exchange.actions).containsExactly("resume REQUEST");
      assertThat(whole.text()).isEqualTo("{\"was\":{\"a\":\"é\"}}");
      assertThat(exchange.request.get("x-length")).isEqualTo("0 10 123");
    }
  }

  @Test
  void chunksAreSeenInOrderAndOnesThatComeMeanwhileWait() {
    try (var script =
        Script.start(
            ENGINE,
            """
            export default definePlugin({
              async onResponseChunk(ctx, chunk) {
                const text = new TextDecoder().decode(chunk);
                if (text === "slow") await sluice.http.fetch("a");
                if (text === "keep") return;
                return text === "drop" ? "" : `[${text}]` + (ctx.endOfStream ? "." : "");
              },
            });
            """)) {
      var exchange = new HandExchange(script.loop);
      exchange.responding = true;
      exchange.response.set("content-length", "12");
      var filter = script.filter(exchange);
      assertThat(filter.onResponseHeaders(exchange.response, false))
          .isEqualTo(FilterStatus.CONTINUE);
      assertThat(exchange.response.contains("content-length")).isFalse();
      for (var text : new String[] {"keep", "drop", "slow"}) {
        assertThat(filter.onResponseBody(MemoryBody.of(text), false))
            .isEqualTo(FilterStatus.STOP_ITERATION_NO_BUFFER);
        if (!text.equals("slow")) {
          exchange.untilResumed(Direction.RESPONSE);
        }
      }
      var callout = script.callout(0);
      filter.onResponseBody(MemoryBody.of("one"), false);
      filter.onResponseBody(MemoryBody.of("two"), true);
      assertThat(exchange.actions).contains("inject keep").doesNotContain("inject [onetwo].");
      callout.answer(200, "");
      exchange.untilResumed(Direction.RESPONSE);
      assertThat(exchange.actions)
          .containsSubsequence(
              "inject keep",
              "resume RESPONSE",
              "resume RESPONSE",
              "inject [slow]",
              "inject [onetwo].",
              "resume RESPONSE");
    }
  }

  @Test
  void tooMuchThatWaitsStopsReadingUntilItHasGoneOn() {
    try (var script =
        Script.start(
            ENGINE,
            """
            export default definePlugin({
              async onRequestChunk(ctx, chunk) { await sluice.http.fetch("a"); return String(chunk.length); },
            });
            """)) {
      var exchange = new HandExchange(script.loop);
      var filter = script.filter(exchange);
      filter.onRequestHeaders(exchange.request, false);
      filter.onRequestBody(MemoryBody.of("x"), false);
      var first = script.callout(0);
      filter.onRequestBody(new MemoryBody(new byte[Script.GENEROUS.bodyBuffer()]), true);
      assertThat(exchange.actions).containsExactly("limit 0");
      first.answer(200, "");
      script.callout(1).answer(200, "");
      exchange.untilResumed(Direction.REQUEST);
      assertThat(exchange.actions)
          .containsExactly(
              "limit 0", "inject 1", "inject 1048576", "limit 1048576", "resume REQUEST");
    }
  }

  @Test
  void trailersAreSeenAfterTheBodyAndCanBeChanged() {
    try (var script =
        Script.start(
            ENGINE,
            """
            export default definePlugin({
              onResponseBody(ctx) { ctx.state.end = ctx.endOfStream; },
              onResponseTrailers(ctx) {
                ctx.response.trailers.set("x-sum", ctx.response.trailers.get("x-n") + ctx.state.end);
              },
            });
            """)) {
      var exchange = new HandExchange(script.loop);
      exchange.responding = true;
      var filter = script.filter(exchange);
      filter.onResponseHeaders(exchange.response, false);
      var body = MemoryBody.of("b");
      exchange.responseBody = body;
      filter.onResponseBody(body, false);
      var trailers = Headers.of("x-n", "1");
      exchange.responseTrailers = trailers;
      assertThat(filter.onResponseTrailers(trailers)).isEqualTo(FilterStatus.STOP_ITERATION);
      exchange.untilResumed(Direction.RESPONSE);
      assertThat(trailers.get("x-sum")).isEqualTo("1false");
    }
  }

  @Test
  void aBodyThatIsNotWantedPassesUnseen() {
    try (var script =
        Script.start(
            ENGINE,
            "export default { onRequestHeaders(c) { c.passBody(); }, onRequestBody() { throw 1; }"
                + " }")) {
      var exchange = new HandExchange(script.loop);
      var filter = script.filter(exchange);
      filter.onRequestHeaders(exchange.request, false);
      exchange.untilResumed(Direction.REQUEST);
      assertThat(filter.onRequestBody(MemoryBody.of("big"), false))
          .isEqualTo(FilterStatus.CONTINUE);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{ status: 418, body: 'tea' }|418|plugin|text/plain; charset=utf-8|tea",
        "{ body: { a: 1 }, code: 'c' }|200|c|application/json|{\"a\":1}",
        "{ status: 403, headers: { 'Content-Type': 'x/y' }, body: 'z' }|403|plugin|x/y|z",
        "{ status: 503, body: new Uint8Array([65]) }|503|plugin|application/octet-stream|A",
        "{ status: 204, headers: [['a', 'b']] }|204|plugin|null|",
      })
  void answersItself(String example) {
    var parts = example.split("\\|", -1);
    var text = "export default { onRequestHeaders(c) { c.respond(" + parts[0] + "); } }";
    try (var script = Script.start(ENGINE, text)) {
      var answer = script.request().untilAnswered();
      assertThat(answer.status()).isEqualTo(Integer.parseInt(parts[1]));
      assertThat(answer.code()).isEqualTo(parts[2]);
      assertThat(String.valueOf(answer.headers().get("content-type"))).isEqualTo(parts[3]);
      assertThat(new String(answer.body(), StandardCharsets.UTF_8)).isEqualTo(parts[4]);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "c.respond({ status: 42 })",
        "c.respond({ status: 'x' })",
        "c.request.headers.set('a b', 'c')",
        "c.request.headers.set('a', 'b\\nc: d')",
        "c.request.headers.set('', 'b')",
        "c.request.body.set('early')",
        "c.response.headers.set('a', 'b')",
      })
  void whatCannotBeDoneThrowsWhereItStands(String deed) {
    var text =
        "export default { onRequestHeaders(c) { try { %s } catch (e) { sluice.log.info(e.name); } } }"
            .formatted(deed);
    try (var script = Script.start(ENGINE, text)) {
      script.passed();
      assertThat(script.services.logged()).matches("INFO (TypeError|RangeError)");
    }
  }

  @Test
  void headersThatHaveGoneOnCannotBeChanged() {
    try (var script =
        Script.start(
            ENGINE,
            """
            let kept;
            export default definePlugin({
              onRequestHeaders(ctx) {
                if (kept) try { kept.set("a", "b"); } catch (e) { sluice.log.info(e.message); }
                kept = ctx.request.headers;
              },
            });
            """)) {
      script.passed();
      script.passed();
      assertThat(script.services.logged()).contains("gone on and cannot be changed");
    }
  }

  @Test
  void twoExchangesAwaitTheirOwnAnswers() {
    try (var script =
        Script.start(
            ENGINE,
            Script.doing(
                """
                const first = sluice.http.fetch("a", { path: "/1", headers: { x: "y" }, timeout: 100 });
                const second = sluice.http.fetch("b", { body: "z" });
                const [a, b] = await Promise.all([first, second]);
                ctx.request.headers.set("x-got", `${a.status}${a.text()} ${b.headers.get("x-from")}${b.text()}`);
                """))) {
      var one = script.request();
      var two = script.request();
      var asked = script.callout(3);
      assertThat(asked.request().headers().method()).isEqualTo("POST");
      assertThat(asked.request().body()).asString().isEqualTo("z");
      var first = script.callout(0).request();
      assertThat(first.timeout()).isEqualTo(Duration.ofMillis(100));
      assertThat(first.headers().path()).isEqualTo("/1");
      assertThat(first.headers().get("x")).isEqualTo("y");
      for (int i = 3; i >= 0; i--) {
        script.callout(i).answer(200 + i, "#" + i);
      }
      one.untilResumed(Direction.REQUEST);
      two.untilResumed(Direction.REQUEST);
      assertThat(one.request.get("x-got")).isEqualTo("200#0 b#1");
      assertThat(two.request.get("x-got")).isEqualTo("202#2 b#3");
    }
  }

  @Test
  void anAnswerForAnExchangeThatHasEndedHarmsNothing() {
    try (var script =
        Script.start(
            ENGINE,
            Script.doing("await sluice.http.fetch('a'); ctx.request.headers.set('late', 1);"))) {
      var exchange = new HandExchange(script.loop);
      var filter = script.filter(exchange);
      filter.onRequestHeaders(exchange.request, true);
      var callout = script.callout(0);
      filter.onDestroy();
      callout.answer(200, "");
      var next = script.request();
      script.callout(1).answer(200, "");
      next.untilResumed(Direction.REQUEST);
      assertThat(exchange.actions).isEmpty();
      assertThat(exchange.request.contains("late")).isFalse();
    }
  }

  @Test
  void logTickAndDoneAreCalled() {
    try (var script =
        Script.start(
            ENGINE,
            """
            export default definePlugin({
              tickPeriod: 250,
              async onTick({ config }) { await sluice.http.fetch("a"); sluice.log.warn("tick"); },
              onLog(ctx) { sluice.log.info("log", ctx.response.status, { a: [1] }, undefined); },
              async onDone() { await sluice.http.fetch("b"); console.error("done"); },
            });
            """)) {
      assertThat(script.tickPeriod).isEqualTo(Duration.ofMillis(250));
      script.root.onTick();
      script.root.onTick(); // the one before has not ended
      script.callout(0).answer(200, "");
      script.loop.until(() -> script.services.logged().contains("WARN tick"));
      var exchange = new HandExchange(script.loop);
      exchange.responding = true;
      script.filter(exchange).onLog();
      script.loop.until(
          () -> script.services.logged().contains("INFO log 200 {\"a\":[1]} undefined"));
      assertThat(script.root.onDone()).isFalse();
      script.callout(1).answer(200, "");
      script.loop.until(() -> script.done);
      assertThat(script.services.logged()).contains("ERROR done");
      assertThat(script.services.callouts).hasSize(2);
    }
  }

  @Test
  void configurationReachesTheScriptOnceAndItsRefusalIsReported() {
    var text =
        """
        export default definePlugin({
          onConfigure(config, root) {
            if (config.port > 9) throw new Error("port: " + config.port);
            sluice.log.info(root.plugin, root.rootId);
          },
          onRequestHeaders(ctx) { ctx.request.headers.set("x-port", ctx.config.port); },
        });
        """;
    var module = Script.load(ENGINE, text);
    try (var script = Script.start(module, Script.GENEROUS, "{\"port\": 7}", 0)) {
      assertThat(script.passed().request.get("x-port")).isEqualTo("7");
      assertThat(script.services.lines).containsExactly("INFO guard main");
    }
    assertThatThrownBy(() -> Script.start(module, Script.GENEROUS, "{\"port\": 10}", 0))
        .isInstanceOfSatisfying(
            PluginException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CONFIGURE))
        .hasMessageContaining("port: 10")
        .hasMessageContaining("guard.js:3:");
  }

  @Test
  void contextsOfTwoLoopsShareNothingAndRunOnTheirOwnThreads() {
    var module =
        Script.load(
            ENGINE,
            "globalThis.n = 0; export default { onRequestHeaders(c) { n++; sluice.log.info(n); }"
                + " }");
    var other =
        Script.load(ENGINE, "export default { onRequestHeaders() { sluice.log.info(typeof n); } }");
    try (var first = Script.start(module, Script.GENEROUS, "", 0);
        var second = Script.start(module, Script.GENEROUS, "", 1);
        var neighbour = Script.start(other, Script.GENEROUS, "", 0)) {
      first.passed();
      first.passed();
      second.passed();
      neighbour.passed();
      assertThat(first.services.lines).containsExactly("INFO 1", "INFO 2");
      assertThat(second.services.lines).containsExactly("INFO 1");
      assertThat(neighbour.services.lines).containsExactly("INFO undefined");
      assertThat(first.services.threads).containsOnly("sluice-js-0");
      assertThat(second.services.threads).containsOnly("sluice-js-1");
      assertThat(neighbour.services.threads).containsOnly("sluice-js-0");
    }
  }

  @Test
  void closingFailsWhatAwaitsAndEndsTheContext() {
    var script = Script.start(ENGINE, Script.doing("await sluice.http.fetch('a')"));
    var exchange = script.request();
    script.callout(0);
    script.close();
    assertThat(exchange.failure().kind()).isEqualTo(Kind.DEAD);
    assertThat(script.vm.isAlive()).isFalse();
    assertThatThrownBy(() -> script.filter(exchange)).isInstanceOf(PluginException.class);
    Objects.requireNonNull(script.services.callouts.getFirst()).answer(200, "late");
  }
}
