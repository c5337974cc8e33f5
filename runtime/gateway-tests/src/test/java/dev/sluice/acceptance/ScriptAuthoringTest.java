package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.registry.RegistryServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** Goes the way of an author of scripts: from nothing to a plugin that a running gateway loads. */
class ScriptAuthoringTest {
  private final Transport transport = Transport.create(2);
  @TempDir private Path folder;

  @AfterEach
  void close() {
    transport.close();
  }

  private String sluice(String... arguments) {
    return new SluiceCommand(folder).run(arguments);
  }

  private static String config(int upstream) {
    return """
    listeners: [{name: web, address: "127.0.0.1:0"}]
    accessLog: {}
    threads: 2
    upstreams: [{name: u, endpoints: [{address: "127.0.0.1:%d"}]}]
    routes: [{name: all, match: {path: {prefix: /}}, upstream: u}]
    """
        .formatted(upstream);
  }

  @Test
  void aNewScriptIsPushedAndLoadedIntoARunningGateway() throws Exception {
    sluice("plugin", "new", "--language", "js", "first");
    sluice("plugin", "build", "first");
    try (var registry =
            RegistryServer.start(
                folder.resolve("registry"),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        var upstream = TestUpstream.start(transport, exchange -> exchange.respond(200, "ok"));
        var gateway =
            SwapGateway.start(
                folder,
                config(upstream.port())
                    + "registries: [{host: \"127.0.0.1:%d\", plainHttp: true}]\n"
                        .formatted(registry.address().getPort()))) {
      var reference = "127.0.0.1:%d/team/first:1".formatted(registry.address().getPort());
      sluice("plugin", "push", "first", reference, "--plain-http");
      var entry =
          "{name: first, url: \"oci://%s\", routes: [all], limits: {startTime: 60s}, pluginConfig: {value: pushed}}"
              .formatted(reference);
      var answer = gateway.admin("PUT", "/plugins/first", entry);
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      assertThat(gateway.get("/").headers().firstValue("x-first")).contains("pushed");
      var status = gateway.admin("GET", "/plugins/first", "").body();
      assertThat(status).contains("\"js\"").contains("0.1.0");
    }
  }

  @Test
  @Tag("peers")
  void anErrorInABundleNamesTheAuthorsLine() throws Exception {
    PeerProgram.find("npm");
    sluice("plugin", "new", "--language", "ts", "typed");
    Files.writeString(
        folder.resolve("typed/src/fault.ts"),
        """
        // A file of its own, so that the bundle has it elsewhere.

        export function fault(text: string | undefined): number {
          return text!.length;
        }
        """);
    Files.writeString(
        folder.resolve("typed/src/index.ts"),
        """
        import { definePlugin } from "@sluice/plugin";
        import { fault } from "./fault";

        export default definePlugin({
          onRequestHeaders(ctx) {
            fault(ctx.request.headers.get("none"));
          },
        });
        """);
    sluice("plugin", "build", "typed");
    try (var upstream = TestUpstream.start(transport, exchange -> exchange.respond(200, "ok"));
        var gateway = SwapGateway.start(folder, config(upstream.port()))) {
      var entry =
          "{name: typed, url: \"file:%s\", routes: [all], limits: {startTime: 60s}}"
              .formatted(folder.resolve("typed/build/plugin.js"));
      assertThat(gateway.admin("PUT", "/plugins/typed", entry).statusCode()).isEqualTo(200);
      var log = PluginLog.of("typed");
      assertThat(gateway.get("/").statusCode()).isEqualTo(503);
      assertThat(log.text()).contains("fault (src/fault.ts:4:").contains("src/index.ts:6:");
    }
  }

  private static String[] jvm(boolean compiled) {
    return compiled
        ? new String[] {
          "-XX:+UnlockExperimentalVMOptions",
          "-XX:+EnableJVMCI",
          "--upgrade-module-path=" + System.getProperty("sluice.dist") + "/compiler"
        }
        : new String[0];
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theMemoryOfAScriptIsTold(boolean compiled) throws Exception {
    var script =
        Files.writeString(
            folder.resolve("plugin.js"),
            """
            const kept = new Uint8Array(10_000_000);
            export default definePlugin({ onRequestHeaders() { kept[0]++; } });
            """);
    var plugin =
        "plugins: [{name: script, url: \"file:%s\", routes: [all], limits: {startTime: 60s}}]\n"
            .formatted(script);
    try (var upstream = TestUpstream.start(transport, exchange -> exchange.respond(200, "ok"));
        var gateway =
            GatewayProcess.start(folder, config(upstream.port()) + plugin, jvm(compiled))) {
      var status = JsonMapper.shared().readTree(gateway.get("/plugins/script").body());
      long bytes = status.path("memoryBytes").asLong();
      // Two contexts of two loops.
      assertThat(bytes).isBetween(20_000_000L, compiled ? 30_000_000L : 300_000_000L);
    }
  }

  @Test
  void whatAScriptKeepsOverManyCallbacksIsBounded() throws Exception {
    var script =
        Files.writeString(
            folder.resolve("plugin.js"),
            """
            const kept = [];
            export default definePlugin({
              onRequestHeaders() { kept.push(new Uint8Array(1 << 20)); },
              onResponseHeaders(ctx) { ctx.response.headers.set("x-kept", kept.length); },
            });
            """);
    var plugin =
        """
        plugins: [{name: script, url: "file:%s", routes: [all], limits: {memory: 16MiB, callTime: 5s, startTime: 60s}}]
        """
            .formatted(script);
    try (var upstream = TestUpstream.start(transport, exchange -> exchange.respond(200, "ok"));
        var gateway = GatewayProcess.start(folder, config(upstream.port()) + plugin, jvm(true));
        var client = HttpClient.newHttpClient()) {
      var uri = URI.create("http://127.0.0.1:" + gateway.address("web").getPort());
      int most = 0;
      for (int i = 0; i < 300; i++) {
        var answer =
            client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
        most = Math.max(most, Integer.parseInt(answer.headers().firstValue("x-kept").orElse("0")));
      }
      assertThat(most).as("MiB kept by a context that may keep 16").isBetween(16, 100);
      assertThat(gateway.log()).contains("keeps more than 16777216 bytes");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void scriptsRunWithAndWithoutTheCompiler(boolean compiled) throws Exception {
    var script =
        Files.writeString(
            folder.resolve("plugin.js"),
            """
            let sum = 0;
            export default definePlugin({
              async onResponseHeaders(ctx) {
                for (let i = 0; i < 1000; i++) sum += JSON.parse('{"a":[1,2,3]}').a.length;
                await null;
                ctx.response.headers.set("x-sum", String(sum > 0));
              },
            });
            """);
    var plugin =
        "plugins: [{name: script, url: \"file:%s\", routes: [all], limits: {callTime: 5s, startTime: 60s}}]\n"
            .formatted(script);
    try (var upstream = TestUpstream.start(transport, exchange -> exchange.respond(200, "ok"));
        var gateway =
            GatewayProcess.start(folder, config(upstream.port()) + plugin, jvm(compiled));
        var client = HttpClient.newHttpClient()) {
      for (int i = 0; i < 50; i++) {
        var request =
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + gateway.address("web").getPort()))
                .build();
        var answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.headers().firstValue("x-sum")).as(gateway.log()).contains("true");
      }
      assertThat(gateway.log()).contains(compiled ? "js plugins run compiled" : "interpreted");
    }
  }
}
