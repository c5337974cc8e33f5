package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.TestUpstream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Makes a plugin of each language's template, builds it and runs it in a gateway. */
class PluginTemplatesTest {
  private final Transport transport = Transport.create(2);
  @TempDir private Path folder;

  @AfterEach
  void close() {
    transport.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"js", "python"})
  void aTemplateThatNeedsNoToolsWorks(String language) {
    works(language, new SluiceCommand(folder));
  }

  @ParameterizedTest
  @ValueSource(strings = {"ts", "assemblyscript"})
  @Tag("peers")
  void aTemplateOfNpmWorks(String language) {
    PeerProgram.find("npm");
    works(language, new SluiceCommand(folder));
  }

  @ParameterizedTest
  @ValueSource(strings = {"go", "rust", "cpp", "java"})
  @Tag("peers")
  void aTemplateOfAToolchainWorks(String language) {
    works(language, PluginToolchains.command(language, folder));
  }

  private void works(String language, SluiceCommand sluice) {
    sluice.run("plugin", "new", "--language", language, "first");
    assertThat(sluice.run("plugin", "test", "first")).contains("3 cases, all hold");
    sluice.run("plugin", "build", "first");
    inspected(language, sluice.run("plugin", "inspect", "first", "--output", "json"));
    try (var upstream = TestUpstream.start(transport, exchange -> exchange.respond(200, "ok"));
        var gateway =
            SwapGateway.start(
                folder,
                """
                listeners: [{name: web, address: "127.0.0.1:0"}]
                accessLog: {}
                threads: 1
                upstreams: [{name: u, endpoints: [{address: "127.0.0.1:%d"}]}]
                routes: [{name: all, match: {path: {prefix: /}}, upstream: u}]
                """
                    .formatted(upstream.port()))) {
      var entry =
          """
          {name: first, url: "oci-layout:%s:0.1.0", routes: [all], limits: {startTime: 60s}, \
          trusted: %s%s}
          """;
      var layout = folder.resolve("first/build/oci");
      boolean trusted = language.equals("java");
      assertLoads(gateway, entry.formatted(layout, trusted, ""));
      assertThat(gateway.get("/").headers().firstValue("x-first")).contains("hello");

      var configured = ", pluginConfig: {header: x-team, value: a}";
      assertLoads(gateway, entry.formatted(layout, trusted, configured));
      assertThat(gateway.get("/").headers().firstValue("x-team")).contains("a");

      var refused =
          gateway.admin(
              "PUT",
              "/plugins/first",
              entry.formatted(layout, trusted, ", pluginConfig: {header: 1}"));
      assertThat(refused.statusCode()).as(refused.body()).isEqualTo(422);
      assertThat(refused.body()).contains("header");
    }
  }

  private static void inspected(String language, String json) {
    var read = JsonMapper.shared().readTree(json);
    assertThat(read.path("name").asString()).isEqualTo("first");
    assertThat(read.path("digest").asString()).startsWith("sha256:");
    assertThat(read.path("size").asLong()).isPositive();
    assertThat(read.path("capabilities").isArray()).isTrue();
    var exports = read.path("exports").valueStream().map(JsonNode::asString).toList();
    switch (language) {
      case "js" -> {
        assertThat(read.path("abi").asString()).isEqualTo("definePlugin");
        assertThat(exports).containsExactly("onConfigure", "onResponseHeaders");
      }
      case "ts" -> {
        assertThat(read.path("abi").asString()).isEqualTo("definePlugin");
        assertThat(exports).containsExactly("onResponseHeaders");
      }
      case "python" -> assertThat(exports).contains("on_response_headers");
      case "java" -> assertThat(exports).containsExactly("plugin.HeaderPlugin");
      default -> {
        assertThat(read.path("abi").asString()).startsWith("proxy-wasm 0.2.");
        assertThat(exports).contains("proxy_on_response_headers");
        assertThat(read.path("imports")).isNotEmpty();
      }
    }
  }

  private static void assertLoads(SwapGateway gateway, String entry) {
    var answer = gateway.admin("PUT", "/plugins/first", entry);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"go: Go 1.24", "rust: rustup", "cpp: wasi-sdk", "java: Maven", "ts: Node.js"})
  void aMissingToolIsNamedWithHowToGetIt(String expected) {
    var sluice = new SluiceCommand(folder).with("PATH", folder.toString());
    sluice.with("WASI_SDK_PATH", folder.toString()).with("CARGO", "").with("RUSTC", "");
    var language = expected.substring(0, expected.indexOf(':'));
    sluice.run("plugin", "new", "--language", language, "first");
    var result = sluice.attempt("plugin", "build", "first");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.errors())
        .contains("is missing (to get it:")
        .contains(expected.substring(language.length() + 2));
  }

  @Test
  void aPythonPluginBringsItsModules() throws Exception {
    var sluice = new SluiceCommand(folder);
    sluice.run("plugin", "new", "--language", "python", "first");
    var plugin = folder.resolve("first");
    Files.createDirectories(plugin.resolve("rules/deep"));
    Files.createDirectories(plugin.resolve("vendor/other-1.0.dist-info"));
    Files.createDirectories(plugin.resolve("tests"));
    Files.writeString(plugin.resolve("tests/test_it.py"), "import pytest\n");
    Files.writeString(
        plugin.resolve("vendor/other.py"), "def shout(text): return text.upper() + '!'\n");
    Files.writeString(
        plugin.resolve("rules/__init__.py"), "from . import names\nfrom .names import GREETING\n");
    Files.writeString(
        plugin.resolve("rules/names.py"), "GREETING = \"\"\"h\\u00e9llo \\\"é\\\"\"\"\"\n");
    Files.writeString(
        plugin.resolve("rules/deep/fault.py"),
        """
        def fault(headers):
            return headers["none"]
        """);
    Files.writeString(
        plugin.resolve("plugin.py"),
        """
        import other
        import sluice
        from rules import GREETING
        from rules.deep.fault import fault


        class Plugin(sluice.Plugin):
            def on_request_headers(self, ctx):
                if ctx.request.path == "/fault":
                    fault(ctx.request.headers)
                ctx.respond(200, body=other.shout(GREETING))


        plugin = Plugin()
        """);
    sluice.run("plugin", "build", "first");
    try (var gateway =
        SwapGateway.start(
            folder,
            """
            listeners: [{name: web, address: "127.0.0.1:0"}]
            accessLog: {}
            threads: 1
            upstreams: [{name: u, endpoints: [{address: "127.0.0.1:1"}]}]
            routes: [{name: all, match: {path: {prefix: /}}, upstream: u}]
            plugins:
              - {name: first, url: "oci-layout:%s:0.1.0", routes: [all], limits: {startTime: 60s, callTime: 5s}}
            """
                .formatted(plugin.resolve("build/oci")))) {
      assertThat(gateway.get("/").body()).isEqualTo("HÉLLO \"É\"!");
      var log = PluginLog.of("first");
      assertThat(gateway.get("/fault").statusCode()).isEqualTo(503);
      assertThat(log.text())
          .contains("at fault (rules/deep/fault.py:2)")
          .contains("at on_request_headers (plugin.py:10)");
    }
  }

  @Test
  void nativeModulesAreRefusedWhenBuilt() throws Exception {
    var sluice = new SluiceCommand(folder);
    sluice.run("plugin", "new", "--language", "python", "first");
    Files.createDirectories(folder.resolve("first/vendor"));
    Files.writeString(folder.resolve("first/vendor/fast.so"), "");
    var result = sluice.attempt("plugin", "build", "first");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.errors()).contains("fast.so is native code");
  }
}
