package dev.sluice.polyglot.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.plugin.Direction;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.PluginException.Kind;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Holds scripts in Python to what those in JavaScript are held to, where it has a meaning there.
 */
class PythonScriptsTest {
  private static final ScriptEngine ENGINE = new ScriptEngine(ScriptLanguage.PYTHON);

  @AfterAll
  static void closeEngine() {
    ENGINE.close();
  }

  /** Returns a plugin whose request callback does something, lines ended by semicolons. */
  private static String doing(String deed) {
    return """
    import sluice

    class Bad(sluice.Plugin):
        async def on_request_headers(self, ctx):
            %s

    plugin = Bad()
    """
        .formatted(deed.replace("\\n", "\n        "));
  }

  @Test
  void callbacksAwaitAndChangeBothMessages() {
    var text =
        """
        import sluice


        class All(sluice.Plugin):
            tick_period = 0.25

            def on_configure(self, config):
                self.name = config["name"]

            async def on_request_body(self, ctx):
                first, second = sluice.http.fetch("a", path="/1"), sluice.http.fetch("b", body=b"z", timeout=0.1)
                ctx.request.headers["x-got"] = (await second).text() + (await first).text() + self.name
                ctx.request.headers.append("x-many", 1)
                del ctx.request.headers["accept"]
                ctx.request.body.set(ctx.request.body.text().upper())
                ctx.state.seen = len(ctx.request.body)

            def on_response_chunk(self, ctx, chunk):
                return chunk + b"!" if ctx.end_of_stream else None

            async def on_tick(self, ctx):
                sluice.log.warn("tick")


        plugin = All()
        """;
    var module = Script.load(ENGINE, text);
    try (var script = Script.start(module, Script.GENEROUS, "{\"name\": \"é\"}", 0)) {
      assertThat(script.tickPeriod).isEqualTo(Duration.ofMillis(250));
      var exchange = new HandExchange(script.loop);
      var filter = script.filter(exchange);
      filter.onRequestHeaders(exchange.request, false);
      var body = MemoryBody.of("abc");
      exchange.requestBody = body;
      filter.onRequestBody(body, true);
      script.callout(1).answer(200, "2");
      script.callout(0).answer(200, "1");
      exchange.untilResumed(Direction.REQUEST);
      assertThat(exchange.request.get("x-got")).isEqualTo("21é");
      assertThat(exchange.request.get("x-many")).isEqualTo("1");
      assertThat(exchange.request.contains("accept")).isFalse();
      assertThat(body.text()).isEqualTo("ABC");
      exchange.responding = true;
      filter.onResponseHeaders(exchange.response, false);
      filter.onResponseBody(MemoryBody.of("x"), false);
      exchange.untilResumed(Direction.RESPONSE);
      filter.onResponseBody(MemoryBody.of("y"), true);
      exchange.untilResumed(Direction.RESPONSE);
      assertThat(exchange.actions).contains("inject x", "inject y!");
      script.root.onTick();
      script.loop.until(() -> script.services.logged().contains("WARN tick"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "while True: pass|TIMEOUT",
        "while True: await ctx.properties.text('request.path')|TIMEOUT",
        "while True:\\n"
            + "    try:\\n"
            + "        while True: pass\\n"
            + "    except BaseException: pass|TIMEOUT",
        "x = []\\nwhile True: x.append([0] * 10000)|LIMIT",
      })
  void aRunawayIsStoppedAndItsContextEnds(String deed, Kind kind) {
    var limits =
        kind == Kind.TIMEOUT
            ? Script.limits(Duration.ofMillis(50), 8L << 30)
            : Script.limits(Duration.ofSeconds(20), 128L << 20);
    try (var script = Script.start(ENGINE, doing(deed), limits)) {
      assertThat(script.request().failure().kind()).isEqualTo(kind);
      assertThat(script.vm.isAlive()).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "raise ValueError('no')|ValueError: no",
        "ctx.request.headers['none']|KeyError: 'none'",
        "await sluice.store.get('k')|SluiceError: ",
        "await None|NoneType",
        "ctx.request.headers['a b'] = 'c'|ValueError: header name",
        "down = lambda: 1 + down()\\ndown()|RecursionError",
        "await sluice.http.fetch('other')|other: not granted",
      })
  void anErrorFailsItsCallbackAndNamesTheLine(String deed, String message) {
    try (var script = Script.start(ENGINE, doing(deed))) {
      var failure = script.request().failure();
      assertThat(failure.kind()).isIn(Kind.TRAP, Kind.LIMIT);
      assertThat(failure).hasMessageContaining(message);
      if (failure.kind() == Kind.TRAP) {
        assertThat(failure).hasMessageContaining("guard.py:");
        assertThat(script.vm.isAlive()).isTrue();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x = 1",
        "plugin = 1 +",
        "import sluice\n"
            + "class P(sluice.Plugin):\n"
            + "    def on_request_header(self, ctx): pass\n"
            + "plugin = P()",
        "import nosuchmodule",
        "raise ValueError('top')",
      })
  void aScriptThatDoesNotStartIsRefused(String text) {
    var module = Script.load(ENGINE, text);
    assertThatThrownBy(() -> Script.start(module, Script.GENEROUS, "", 0))
        .isInstanceOf(PluginException.class)
        .hasMessageContaining("guard");
  }

  @Test
  void contextsShareNothing() {
    var module =
        Script.load(
            ENGINE,
            """
            import builtins
            import sluice

            class P(sluice.Plugin):
                def on_request_headers(self, ctx):
                    builtins.seen = getattr(builtins, "seen", 0) + 1
                    sluice.log.info(builtins.seen)

            plugin = P()
            """);
    try (var first = Script.start(module, Script.GENEROUS, "", 0);
        var second = Script.start(module, Script.GENEROUS, "", 1)) {
      first.passed();
      first.passed();
      second.passed();
      assertThat(first.services.lines).containsExactly("INFO 1", "INFO 2");
      assertThat(second.services.lines).containsExactly("INFO 1");
    }
  }
}
