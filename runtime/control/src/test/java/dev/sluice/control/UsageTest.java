package dev.sluice.control;

import static dev.sluice.control.TestGateway.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.testing.LeakCheck;
import dev.sluice.standin.StandIn;
import dev.sluice.usage.testing.OtlpCollector;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Holds what a gateway says of usage against the books of a stand-in for a provider. */
@ExtendWith(LeakCheck.class)
class UsageTest {
  private static final String CHAT = "/v1/chat/completions";

  private final StandIn provider = StandIn.start();
  @TempDir private Path folder;

  @AfterEach
  void close() {
    provider.close();
  }

  private TestGateway gateway(String more) {
    return TestGateway.start(
        folder,
        TestGateway.frame(provider.address().getPort())
            + """
            consumers:
              - {name: team-a, keys: [hush-key-of-a]}
              - {name: team-b, keys: [hush-key-of-b], models: [gpt-4o]}
            routes:
              - {name: llm, upstream: api, ai: {}, auth: {}}
            """
            + more);
  }

  private static String chat(String model, boolean stream) {
    return "{\"model\":\"%s\",\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"How are you?\"}]}"
        .formatted(model, stream);
  }

  private static String messages(boolean stream) {
    return "{\"model\":\"claude\",\"max_tokens\":99,\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"How are you?\"}]}"
        .formatted(stream);
  }

  private static HttpResponse<String> ask(
      TestGateway gateway, String path, String body, String... key) {
    return gateway.post(path, body, key);
  }

  private void askAll(TestGateway gateway) {
    var a = new String[] {"authorization", "Bearer hush-key-of-a"};
    var anthropic = new String[] {"x-api-key", "hush-key-of-a", "anthropic-version", "2023-06-01"};
    var gemini = "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"How are you?\"}]}]}";
    for (var answer :
        new HttpResponse<?>[] {
          ask(gateway, CHAT, chat("gpt-4o", false), a),
          ask(gateway, CHAT, chat("gpt-4o", true), a),
          ask(gateway, CHAT, chat("gpt-4o", true), "authorization", "Bearer hush-key-of-b"),
          ask(gateway, "/v1/messages", messages(false), anthropic),
          ask(gateway, "/v1/messages", messages(true), anthropic),
          ask(gateway, "/v1beta/models/gemini:generateContent?key=hush-key-of-a", gemini),
          ask(
              gateway,
              "/v1beta/models/gemini:streamGenerateContent?alt=sse&key=hush-key-of-a",
              gemini)
        }) {
      assertThat(answer.statusCode()).as(String.valueOf(answer.body())).isEqualTo(200);
    }
  }

  @Test
  void sumsAreWhatTheProviderSaid() {
    try (var log = LogLines.ofEverything();
        var gateway = gateway("")) {
      askAll(gateway);
      var produced = provider.books().complete();

      eventually()
          .untilAsserted(
              () ->
                  assertThat(gateway.json("/ai/usage?groupBy=").at("/total/requests").asLong())
                      .isEqualTo(7));
      var total = gateway.json("/ai/usage?groupBy=").path("total");
      assertThat(produced.exchanges()).isEqualTo(7);
      assertThat(total.at("/tokens/input").asLong()).isEqualTo(produced.input());
      assertThat(total.at("/tokens/output").asLong()).isEqualTo(produced.output());
      assertThat(total.path("failed").asLong()).isZero();
      assertThat(total.path("estimated").asLong()).isZero();

      var rows = gateway.json("/ai/usage?groupBy=consumer,model&consumer=team-b").path("rows");
      assertThat(rows).hasSize(1);
      assertThat(rows.get(0).path("model").asString()).isEqualTo("gpt-4o");
      assertThat(gateway.metric("sluice_ai_requests_total{consumer=\"team-a\"}")).isEqualTo(6);
      assertThat(provider.requests().toString()).doesNotContain("hush");
      assertThat(gateway.accessLog().toString() + log.lines()).doesNotContain("hush");
    }
  }

  @Test
  void theLogHasTheRecordOfEachExchange() {
    try (var gateway = gateway("")) {
      ask(gateway, CHAT, chat("gpt-4o", true), "authorization", "Bearer hush-key-of-a");

      var line = line(gateway);
      assertThat(line.path("consumer").asString()).isEqualTo("team-a");
      var ai = line.path("ai");
      assertThat(ai.path("operation").asString()).isEqualTo("chat");
      assertThat(ai.path("protocol").asString()).isEqualTo("openai.chat");
      assertThat(ai.path("requestedModel").asString()).isEqualTo("gpt-4o");
      assertThat(ai.path("stream").asBoolean()).isTrue();
      assertThat(ai.path("outcome").asString()).isEqualTo("complete");
      assertThat(ai.path("finishReason").asString()).isEqualTo("stop");
      assertThat(ai.path("inputTokens").asLong()).isEqualTo(provider.books().complete().input());
      assertThat(ai.path("firstTokenMicros").asLong()).isPositive();
      assertThat(ai.path("attempts")).hasSize(1);
    }
  }

  private static JsonNode line(TestGateway gateway) {
    eventually().untilAsserted(() -> assertThat(gateway.accessLog()).hasSize(1));
    return JsonMapper.shared().readTree(gateway.accessLog().getFirst());
  }

  @Test
  void aModelThatAConsumerMayNotUseIsRefusedInItsFormat() {
    try (var gateway = gateway("")) {
      var refused =
          ask(gateway, CHAT, chat("gpt-5", false), "authorization", "Bearer hush-key-of-b");
      var anthropic = ask(gateway, "/v1/messages", messages(false), "x-api-key", "hush-key-of-b");
      var nobody = ask(gateway, "/v1/messages", messages(false), "x-api-key", "hush");

      assertThat(refused.statusCode()).isEqualTo(403);
      assertThat(TestGateway.json(refused).at("/error/code").asString()).isEqualTo("forbidden");
      assertThat(anthropic.statusCode()).isEqualTo(403);
      assertThat(TestGateway.json(anthropic).at("/error/type").asString())
          .isEqualTo("permission_error");
      assertThat(nobody.statusCode()).isEqualTo(401);
      assertThat(TestGateway.json(nobody).at("/error/type").asString())
          .isEqualTo("authentication_error");
      assertThat(nobody.headers().firstValue("www-authenticate")).isPresent();
      assertThat(provider.requests()).isEmpty();
    }
  }

  @Test
  void aCollectorLearnsOfTheModelCall() throws IOException {
    try (var collector = new OtlpCollector();
        var gateway = gateway("telemetry: {otlp: {endpoint: \"" + collector.url() + "\"}}\n")) {
      ask(gateway, CHAT, chat("gpt-4o", false), "authorization", "Bearer hush-key-of-a");

      eventually().untilAsserted(() -> assertThat(collector.spans()).hasSize(2));
      var span = collector.spans().getFirst();
      assertThat(span.getName()).isEqualTo("chat gpt-4o");
      assertThat(OtlpCollector.attributes(span.getAttributesList()))
          .containsEntry(
              "gen_ai.usage.input_tokens", String.valueOf(provider.books().complete().input()));
      assertThat(provider.requests().getFirst().headers().toString())
          .contains(java.util.HexFormat.of().formatHex(span.getSpanId().toByteArray()));
    }
  }

  @Test
  void sumsSurviveAChangeOfTheConfiguration() {
    try (var gateway = gateway("")) {
      ask(gateway, CHAT, chat("gpt-4o", false), "authorization", "Bearer hush-key-of-a");
      eventually()
          .untilAsserted(
              () ->
                  assertThat(gateway.json("/ai/usage").at("/total/requests").asLong())
                      .isEqualTo(1));

      gateway.gateway().reload();

      assertThat(gateway.json("/ai/usage").at("/total/requests").asLong()).isEqualTo(1);
    }
  }
}
