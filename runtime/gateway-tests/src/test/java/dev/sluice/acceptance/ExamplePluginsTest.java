package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.TestUpstream;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Builds each of plugin-sdk/examples where it lies, and holds all of them to one behaviour. */
class ExamplePluginsTest {
  private static final Path EXAMPLES =
      Path.of(System.getProperty("sluice.root", "../.."), "plugin-sdk/examples")
          .toAbsolutePath()
          .normalize();

  private final Transport transport = Transport.create(2);
  @TempDir private Path folder;

  @AfterEach
  void close() {
    transport.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"javascript", "python"})
  void anExampleThatNeedsNoToolsGuardsChats(String language) {
    guards(language);
  }

  @ParameterizedTest
  @ValueSource(strings = {"typescript", "assemblyscript", "go", "rust", "cpp", "java"})
  @Tag("peers")
  void anExampleOfAToolchainGuardsChats(String language) {
    guards(language);
  }

  private static void tell(Exchange exchange) {
    exchange
        .headers()
        .thenCombine(
            exchange.complete(),
            (headers, done) -> {
              var seen = headers.get("x-checked", "-") + headers.get("x-texts", "-");
              exchange.respond(200, seen + exchange.text().length());
              return headers;
            });
  }

  private void guards(String language) {
    var example = EXAMPLES.resolve(language);
    PluginToolchains.command(language, folder).run("plugin", "build", example.toString());
    try (var upstream = TestUpstream.start(transport, ExamplePluginsTest::tell);
        var gateway =
            SwapGateway.start(
                folder,
                """
                listeners: [{name: web, address: "127.0.0.1:0"}]
                accessLog: {}
                threads: 1
                upstreams: [{name: u, endpoints: [{address: "127.0.0.1:%d"}]}]
                routes: [{name: all, match: {path: {prefix: /}}, upstream: u}]
                plugins:
                  - %s
                """
                    .formatted(upstream.port(), entry(language, "")))) {
      assertThat(gateway.get("/models").body()).isEqualTo("--0");
      var chat =
          """
          {"model": "m", "messages": [{"role": "system", "content": "Be \\"kind\\""},
          {"role": "user", "content": [{"type": "text", "text": "What is %s?"}, {"type": "image_url", "image_url": {}}]},
          {"role": "assistant", "content": null, "tool_calls": []}]}
          """;
      var good = chat.formatted("AKIA");
      assertThat(gateway.post("/chat", good).body()).isEqualTo("2-" + good.length());

      var refused = gateway.post("/chat", chat.formatted("\\u0041KIA0123456789ABCDEF"));
      assertThat(refused.statusCode()).as(refused.body()).isEqualTo(403);
      assertThat(refused.body()).isEqualTo("{\"error\":\"the prompt carries a credential\"}");
      assertThat(refused.headers().firstValue("content-type")).contains("application/json");
      assertThat(gateway.metric("sluice_custom_refused", "guard")).isEqualTo(1);
      for (var odd : new String[] {"{", "{\"prompt\": \"x\"}"}) {
        var answer = gateway.post("/chat", odd);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(answer.body()).isEqualTo("{\"error\":\"the body is not a chat request\"}");
      }

      load(gateway, language, ", pluginConfig: {header: x-texts, patterns: [kind, b+c]}");
      assertThat(gateway.post("/chat", good).statusCode()).isEqualTo(403);
      assertThat(gateway.post("/chat", good.replace("kind", "bd")).body())
          .isEqualTo("-2" + (good.length() - 2));
      var entry = entry(language, ", pluginConfig: {patterns: [\"(\"]}");
      assertThat(gateway.admin("PUT", "/plugins/guard", entry).statusCode()).isEqualTo(422);
      assertThat(gateway.post("/chat", good).statusCode()).isEqualTo(403);
    }
  }

  private static String entry(String language, String more) {
    return """
    {name: guard, url: "oci-layout:%s:1.0.0", routes: [all], trusted: %s, \
    limits: {startTime: 120s, callTime: 1s}%s}\
    """
        .formatted(EXAMPLES.resolve(language).resolve("build/oci"), language.equals("java"), more);
  }

  private static void load(SwapGateway gateway, String language, String more) {
    var answer = gateway.admin("PUT", "/plugins/guard", entry(language, more));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }
}
