package dev.sluice.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.plugin.Headers;
import dev.sluice.registry.OciLayout;
import dev.sluice.registry.PluginPackage;
import io.netty.buffer.Unpooled;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Puts the prompt guard, as the reactor has built it, into the path of a gateway. */
@ExtendWith(LeakCheck.class)
class PromptGuardTest {
  private static final Path GUARD =
      Path.of(System.getProperty("sluice.root", "../.."), "plugins", "ai-prompt-guard");
  private static final String KEY = "sk-abcdefghijklmnopqrstuvwxyz";

  private final Transport transport = Transport.create(1);
  private final TestUpstream upstream =
      TestUpstream.start(
          transport, exchange -> exchange.complete().thenAccept(PromptGuardTest::answer));
  @TempDir private Path folder;

  @AfterEach
  void close() {
    transport.close();
  }

  /** Speaks a key and a phrase, in one answer or in events that cut both. */
  private static void answer(Exchange exchange) {
    if (exchange.text().contains("\"stream\":true")) {
      exchange.stream()
          .sendHeaders(Headers.of(":status", "200", "content-type", "text/event-stream"), false);
      for (var delta :
          List.of("My key is sk-abcdefgh", "ijklmnopqrstuvwxyz, of pro", "ject Bluebird.")) {
        event(
            exchange,
            "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,"
                + "\"delta\":{\"content\":\""
                + delta
                + "\"},\"finish_reason\":null}]}");
      }
      event(
          exchange,
          "{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}");
      event(exchange, "[DONE]");
      exchange.stream().sendData(Unpooled.EMPTY_BUFFER, true);
    } else {
      exchange.respond(
          200,
          "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":"
              + "\"My key is "
              + KEY
              + ", of project Bluebird.\"},\"finish_reason\":\"stop\"}]}",
          "content-type",
          "application/json");
    }
  }

  private static void event(Exchange exchange, String data) {
    exchange.stream()
        .sendData(Unpooled.copiedBuffer("data: " + data + "\n\n", StandardCharsets.UTF_8), false);
  }

  private TestGateway start(String config) {
    var layout = OciLayout.create(folder.resolve("layout"));
    PluginPackage.of(GUARD).writeTo(layout, "1.0.0");
    return TestGateway.start(
        folder,
        TestGateway.frame(upstream.port())
            + """
            routes: [{name: llm, match: {path: {prefix: /v1}}, upstream: api, plugins: [guard]}]
            plugins:
              - name: guard
                url: oci-layout:layout:1.0.0
                limits: {callTime: 2s}
                pluginConfig: %s
            """
                .formatted(config));
  }

  private TestGateway start() {
    return start("{deny: {phrases: [project bluebird], patterns: [\"sk-[A-Za-z0-9]{20,}\"]}}");
  }

  private static String chat(String text, boolean stream) {
    return "{\"model\":\"m\",\"stream\":%b,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
        .formatted(stream, text);
  }

  private static HttpResponse<String> ask(TestGateway gateway, String text, boolean stream) {
    return gateway.post(
        "/v1/chat/completions", chat(text, stream), "content-type", "application/json");
  }

  @Test
  void refusesPromptsWithAPhraseOrPatternAndTheUpstreamSeesNothing() {
    try (var gateway = start()) {
      for (var denied : List.of("What is Project \\u0042luebird?", "I have " + KEY)) {
        var response = ask(gateway, denied, false);

        assertThat(response.statusCode()).as(denied).isEqualTo(400);
        assertThat(TestGateway.json(response).at("/error/code").asString())
            .as(denied)
            .isEqualTo("content_filter");
      }
      assertThat(upstream.exchanges()).isEmpty();
      var plugin = gateway.json("/plugins/guard");
      assertThat(plugin.path("version").asString()).isEqualTo("1.0.0");
      assertThat(plugin.path("failures")).isEmpty();
    }
  }

  @Test
  void masksBothInAnswers() {
    try (var gateway = start()) {
      var response = ask(gateway, "What do you know?", false);

      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(TestGateway.json(response).at("/choices/0/message/content").asString())
          .isEqualTo("My key is ***, of ***.");
      assertThat(upstream.exchanges()).hasSize(1);
    }
  }

  @Test
  void masksBothInStreamsHoweverTheyAreCut() {
    try (var gateway = start()) {
      var response = ask(gateway, "What do you know?", true);

      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.headers().firstValue("content-type")).contains("text/event-stream");
      var said = new StringBuilder();
      response
          .body()
          .lines()
          .filter(line -> line.startsWith("data: {"))
          .map(line -> JsonMapper.shared().readTree(line.substring(6)))
          .forEach(event -> said.append(event.at("/choices/0/delta/content").asString("")));
      assertThat(said.toString()).isEqualTo("My key is ***, of ***.");
      assertThat(response.body()).endsWith("data: [DONE]\n\n");
    }
  }

  @Test
  void refusesAConfigurationThatItsSchemaDoesNotAllow() {
    assertThatThrownBy(() -> start("{deny: {phrase: [x]}}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(
            "sluice.yaml:11:27: plugins[0].pluginConfig.deny.phrase: unknown field; did you mean"
                + " \"phrases\"?");
  }

  @Test
  void refusesAPatternThatIsNone() {
    assertThatThrownBy(() -> start("{deny: {patterns: [\"(\"]}}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("plugins[0]: ")
        .hasMessageContaining("guard");
  }
}
