package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.TestUpstream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Drives whole gateways with Python plugins. */
class PythonPluginsTest {
  private final Transport transport = Transport.create(2);
  @TempDir private Path folder;

  @AfterEach
  void close() {
    transport.close();
  }

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

  private SwapGateway start(int upstream, String script, String more) {
    return start(upstream, script, "10s", more);
  }

  private SwapGateway start(int upstream, String script, String callTime, String more) {
    try {
      var file = Files.writeString(folder.resolve("plugin.py"), script);
      return SwapGateway.start(
          folder,
          """
          listeners: [{name: web, address: "127.0.0.1:0"}]
          accessLog: {}
          threads: 1
          upstreams: [{name: u, endpoints: [{address: "127.0.0.1:%d"}]}]
          routes:
            - {name: plain, match: {path: {exact: /plain}}, upstream: u}
            - {name: all, match: {path: {prefix: /}}, upstream: u, plugins: [script]}
          plugins:
            - {name: script, url: "file:%s", limits: {startTime: 60s, callTime: %s, memory: 256MiB}%s}
          """
              .formatted(upstream, file, callTime, more));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void changesExchangesAndCallsServices() {
    var script =
        """
        import sluice

        words = sluice.patterns.compile(["secret", {"expression": "[0-9]{3}"}])


        class Guard(sluice.Plugin):
            def on_configure(self, config):
                self.name = config["name"]

            async def on_request_body(self, ctx):
                body = ctx.request.body.json()
                first = sluice.http.fetch("u", path="/plain", body="one")
                second = sluice.http.fetch("u", path="/plain", body=b"two")
                answers = (await second).text() + (await first).text()
                refused = ""
                try:
                    await sluice.store.get("k")
                except sluice.SluiceError as e:
                    refused = e.reason
                route = await ctx.properties.text("xds.route_name")
                ctx.request.headers["x-seen"] = f"{self.name} {answers} {refused} {route} {len(words.scan(body['q']))}"
                body["q"] = "é"
                ctx.request.body.set(body)

            def on_response_headers(self, ctx):
                ctx.response.headers["x-python"] = ctx.response.status
                if ctx.request.headers.get("x-stop"):
                    ctx.respond(status=418, body={"why": "stop"})


        plugin = Guard()
        """;
    try (var upstream = TestUpstream.start(transport, PythonPluginsTest::echo);
        var gateway =
            start(upstream.port(), script, ", pluginConfig: {name: ann}, grants: {http: [u]}")) {
      var answer = gateway.post("/a", "{\"q\": \"secret 123 secret\"}");
      assertThat(answer.body()).isEqualTo("ann |two|one NOT_GRANTED all 3|{\"q\":\"é\"}");
      assertThat(answer.headers().firstValue("x-python")).contains("200");
      var stopped = gateway.post("/a", "{\"q\": \"\"}", "x-stop", "1");
      assertThat(stopped.statusCode()).isEqualTo(418);
      assertThat(stopped.body()).isEqualTo("{\"why\":\"stop\"}");
    }
  }

  @Test
  void namesTheLineOfAnErrorAndServesOthersBeside() {
    var script =
        """
        import sluice


        def deeper(ctx):
            return ctx.request.headers["none"]


        class Bad(sluice.Plugin):
            async def on_request_headers(self, ctx):
                deeper(ctx)


        plugin = Bad()
        """;
    try (var upstream = TestUpstream.start(transport, PythonPluginsTest::echo);
        var gateway = start(upstream.port(), script, "")) {
      var log = PluginLog.of("script");
      assertThat(gateway.get("/a").statusCode()).isEqualTo(503);
      assertThat(log.text())
          .contains("KeyError: 'none'")
          .contains("at deeper (script.py:5)")
          .contains("at on_request_headers (script.py:10)");
      assertThat(gateway.get("/plain").statusCode()).isEqualTo(200);
    }
  }

  /** One gateway tries them all: starting Python takes seconds. */
  @Test
  void cannotReachWhatItWasNotGiven() {
    var script =
        """
        import sluice


        def attempt(deed):
            try:
                exec(deed, {})
                return deed
            except BaseException:
                return ""


        class Curious(sluice.Plugin):
            def on_request_headers(self, ctx):
                reached = [attempt(deed) for deed in DEEDS]
                ctx.request.headers["x-seen"] = ";".join(filter(None, reached)) or "nothing"


        DEEDS = [
            "open('/etc/passwd').read()",
            "open('/tmp/sluice-python', 'w').write('x')",
            "import os; os.listdir('/')",
            "import os; os.environ['PATH']",
            "import java; java.type('java.lang.System').exit(3)",
            "import java.lang.System; java.lang.System.exit(3)",
            "import polyglot; polyglot.eval(language='js', string='1')",
            "import ctypes; ctypes.CDLL(None).getpid()",
            "import sys; sys.modules['sluice'].store.get('k')",
        ]

        plugin = Curious()
        """;
    try (var upstream = TestUpstream.start(transport, PythonPluginsTest::echo);
        var gateway = start(upstream.port(), script, ", failStrategy: FAIL_OPEN")) {
      var answer = gateway.get("/a");
      assertThat(answer.body()).isEqualTo("nothing|");
      assertThat(gateway.get("/plain").statusCode()).isEqualTo(200);
    }
  }

  /** What GraalVM itself refuses ends the context: no script can catch it and go on. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "import os; os.system('true')",
        "import threading; threading.Thread(target=print).start()",
        "import socket; socket.socket().connect(('127.0.0.1', 1))",
      })
  void isStoppedWhereGraalVmRefuses(String deed) {
    var script =
        """
        import sluice


        class Bad(sluice.Plugin):
            def on_request_headers(self, ctx):
                %s
                ctx.respond(status=299)


        plugin = Bad()
        """
            .formatted(deed);
    try (var upstream = TestUpstream.start(transport, PythonPluginsTest::echo);
        var gateway = start(upstream.port(), script, "")) {
      assertThat(gateway.get("/a").statusCode()).isEqualTo(503);
      assertThat(gateway.get("/plain").statusCode()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"while True: pass", "ctx.state.all = list(iter(lambda: [0] * 1000, None))"})
  void aRunawayScriptIsStopped(String deed) {
    var script =
        """
        import sluice


        class Bad(sluice.Plugin):
            def on_request_headers(self, ctx):
                %s


        plugin = Bad()
        """
            .formatted(deed);
    try (var upstream = TestUpstream.start(transport, PythonPluginsTest::echo);
        var gateway = start(upstream.port(), script, "200ms", "")) {
      assertThat(gateway.get("/a").statusCode()).isEqualTo(503);
      assertThat(gateway.get("/plain").statusCode()).isEqualTo(200);
    }
  }
}
