package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.TestUpstream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Edits a plugin while {@code plugin dev} serves it. */
class PluginDevTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Transport transport = Transport.create(1);
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  @TempDir private Path folder;

  @BeforeEach
  void create() {
    new SluiceCommand(folder).run("plugin", "new", "--language", "js", "first");
  }

  @AfterEach
  void close() {
    client.close();
    transport.close();
  }

  private void edit(String from, String to) throws IOException {
    var file = folder.resolve("first/plugin.js");
    var text = Files.readString(file);
    assertThat(text).contains(from);
    Files.writeString(file, text.replace(from, to));
  }

  private HttpResponse<String> get(URI uri) {
    var request = HttpRequest.newBuilder(uri).timeout(PATIENCE).build();
    return client
        .sendAsync(request, HttpResponse.BodyHandlers.ofString())
        .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
        .join();
  }

  private void awaitHeader(URI uri, String value) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(get(uri).headers().firstValue("x-first")).contains(value));
  }

  @Test
  void aRunningGatewayServesEachEditAndKeepsWhatServedWhenOneIsBroken() throws IOException {
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
                    .formatted(upstream.port()));
        var dev = DevProcess.start(folder, "first", "--admin", gateway.adminUrl())) {
      dev.awaitLog("first 0.1.0 serves");
      awaitHeader(gateway.web("/"), "hello");

      edit("\"hello\"", "\"edited\"");
      awaitHeader(gateway.web("/"), "edited");

      edit("export default", "export default default");
      dev.awaitLog("first: the version before goes on serving");
      assertThat(dev.log()).contains("SyntaxError: plugin.js:3:");
      awaitHeader(gateway.web("/"), "edited");

      edit("export default default", "export default");
      edit("\"edited\"", "\"repaired\"");
      awaitHeader(gateway.web("/"), "repaired");

      edit("onResponseHeaders(ctx) {", "onResponseHeaders(ctx) { if (1) throw new Error(\"oh\");");
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(get(gateway.web("/")).statusCode()).isEqualTo(503));
      dev.awaitLog("first: callbacks have failed: {\"trap\":");

      assertThat(dev.interrupt()).isZero();
      assertThat(dev.log()).contains("first: removed");
      assertThat(get(gateway.web("/")).headers().firstValue("x-first")).isEmpty();
    }
  }

  @Test
  void itsOwnGatewayEchoesAndCanBeSteppedThrough() throws IOException {
    Files.writeString(folder.resolve("first/dev.yaml"), "pluginConfig: {value: configured}\n");
    int port;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    try (var dev =
        DevProcess.start(folder, "first", "--listen", "127.0.0.1:0", "--inspect=" + port)) {
      dev.awaitLog("first 0.1.0 serves");
      var web = URI.create(found(dev.log(), "first at (http://[0-9.:]+)") + "/path");
      var answer = get(web);
      assertThat(answer.headers().firstValue("x-first")).contains("configured");
      assertThat(answer.body()).contains("\"path\" : \"/path\"");

      var ws = URI.create("ws://" + found(dev.log(), "ws=(127.0.0.1:\\S+)"));
      var tools = new DevTools(client, ws);
      tools.call("Runtime.enable", "{}");
      tools.call("Debugger.enable", "{}");
      var set =
          tools.call(
              "Debugger.setBreakpointByUrl",
              "{\"urlRegex\": \".*plugin\\\\.js\", \"lineNumber\": 10, \"columnNumber\": 0}");
      assertThat(set.path("locations")).isNotEmpty();
      tools.call("Runtime.runIfWaitingForDebugger", "{}");

      var held =
          client.sendAsync(
              HttpRequest.newBuilder(web).build(), HttpResponse.BodyHandlers.ofString());
      var frame = tools.event("Debugger.paused").path("callFrames").get(0);
      assertThat(frame.path("functionName").asString()).isEqualTo("onResponseHeaders");
      var value =
          tools.call(
              "Debugger.evaluateOnCallFrame",
              "{\"callFrameId\": \"%s\", \"expression\": \"ctx.config.value\"}"
                  .formatted(frame.path("callFrameId").asString()));
      assertThat(value.path("result").path("value").asString()).isEqualTo("configured");
      assertThat(held).isNotDone();
      tools.call("Debugger.resume", "{}");
      var released = held.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
      assertThat(released.headers().firstValue("x-first")).contains("configured");

      assertThat(dev.interrupt()).isZero();
    }
  }

  private static String found(String text, String pattern) {
    var matcher = Pattern.compile(pattern).matcher(text);
    assertThat(matcher.find()).as(text).isTrue();
    return matcher.group(1);
  }
}
