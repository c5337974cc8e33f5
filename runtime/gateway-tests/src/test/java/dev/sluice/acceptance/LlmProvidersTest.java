package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.control.Gateway;
import dev.sluice.control.GatewayOptions;
import dev.sluice.standin.StandIn;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Leads LLM calls through a whole gateway to providers that fail in each way: an OpenAI provider
 * with two keys first, then one of Anthropic's format, then one of Gemini's.
 */
class LlmProvidersTest {
  @TempDir private Path folder;
  private final StandIn first = StandIn.start();
  private final StandIn second = StandIn.start();
  private final StandIn third = StandIn.start();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private Gateway gateway;

  private String config(String keys) {
    return """
    admin: {address: "127.0.0.1:0"}
    threads: 2
    accessLog: {path: access.log}
    listeners: [{name: web, address: "127.0.0.1:0"}]
    providers:
      - {name: first, format: openai, baseUrl: "%s/v1", keys: [%s]}
      - {name: second, format: anthropic, baseUrl: "%s/v1", keys: [{value: sk-second}]}
      - {name: third, format: gemini, baseUrl: "%s/v1beta", keys: [{value: sk-third}]}
    models:
      - name: big
        targets: [{provider: first, model: gpt}]
        fallback: [{provider: second, model: claude}, {provider: third, model: gemini}]
      - {name: quick, targets: [{provider: first, timeouts: {firstToken: 400ms}}], fallback: [{provider: second, model: claude}]}
      - {name: "first-*", targets: [{provider: first, model: "*"}]}
      - {name: small, contextLength: 100, targets: [{provider: second, model: claude}]}
    routes: [{name: llm, match: {path: {prefix: /}}, ai: {}}]
    """
        .formatted(first.url(), keys, second.url(), third.url());
  }

  @BeforeEach
  void start() throws IOException {
    var file =
        Files.writeString(
            folder.resolve("sluice.yaml"),
            config("{name: a, value: sk-a}, {name: b, value: sk-b}"));
    gateway = Gateway.start(new GatewayOptions(file, folder.resolve("cache")));
  }

  @AfterEach
  void stop() {
    gateway.close();
    Stream.of(first, second, third).forEach(StandIn::close);
  }

  private HttpRequest request(String path, String body) {
    var address = gateway.addresses().getOrDefault("web", List.of()).getFirst();
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + address.getPort() + path))
        .timeout(Duration.ofSeconds(30))
        .header("content-type", "application/json")
        .header("authorization", "Bearer sk-of-the-client")
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  private HttpResponse<String> chat(String model, String more) {
    var body =
        "{\"model\":\""
            + model
            + "\",\"messages\":[{\"role\":\"user\",\"content\":\"Any news?\"}]"
            + more
            + "}";
    return client.sendAsync(request("/v1/chat/completions", body), BodyHandlers.ofString()).join();
  }

  private static JsonNode json(String text) {
    return JsonMapper.shared().readTree(text);
  }

  private static long answers(StandIn standIn) {
    return standIn.books().complete().exchanges();
  }

  private String metrics() {
    return admin("/metrics");
  }

  private String admin(String path) {
    var port = gateway.adminAddress().getPort();
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build();
    return client.sendAsync(request, BodyHandlers.ofString()).join().body();
  }

  @Test
  void sendsTheProvidersKeyAndNothingOfTheClients() {
    assertThat(chat("big", "").statusCode()).isEqualTo(200);

    var received = first.requests().getFirst();
    assertThat(received.path()).isEqualTo("/v1/chat/completions");
    assertThat(received.headers().get("authorization")).isIn("Bearer sk-a", "Bearer sk-b");
    assertThat(received.headers().toString()).doesNotContain("sk-of-the-client");
    assertThat(json(received.body()).path("model").asString()).isEqualTo("gpt");
  }

  @ParameterizedTest
  @ValueSource(strings = {"status=500", "status=503", "status=429", "status=404", "cut=0"})
  void fallsBackToAProviderOfAnotherFormat(String wish) {
    first.behave("*", wish);

    var whole = chat("big", "");
    var streamed = chat("big", ",\"stream\":true");

    assertThat(whole.statusCode()).as(whole.body()).isEqualTo(200);
    assertThat(json(whole.body()).at("/choices/0/message/content").asString()).contains("Bluebird");
    assertThat(streamed.body()).contains("chat.completion.chunk").endsWith("data: [DONE]\n\n");
    assertThat(answers(first)).isZero();
    assertThat(answers(second)).isEqualTo(2);
    assertThat(second.requests().getFirst().headers())
        .containsEntry("x-api-key", "sk-second")
        .containsKey("anthropic-version");
  }

  @Test
  void fallsBackWhenNothingComesInTime() {
    first.behave("*", "hang=0");

    assertThat(chat("quick", "").body()).contains("Bluebird");
    assertThat(chat("quick", ",\"stream\":true").body()).endsWith("data: [DONE]\n\n");
    assertThat(answers(second)).isEqualTo(2);
  }

  @Test
  void fallsBackOnWhatIsNoAnswer() {
    first.behave("*", "type=text/html");

    assertThat(chat("big", ",\"stream\":true").body()).endsWith("data: [DONE]\n\n");
    assertThat(answers(second)).isEqualTo(1);
  }

  @Test
  void fallsBackOnAnErrorInsideAStreamWhileNothingWasSent() {
    first.behave("*", "fail=1");
    second.behave("*", "status=529");

    var streamed = chat("big", ",\"stream\":true");

    assertThat(streamed.body())
        .contains("Bluebird")
        .endsWith("data: [DONE]\n\n")
        .doesNotContain("error");
    assertThat(answers(third)).isEqualTo(1);
    assertThat(third.requests().getFirst().headers()).containsEntry("x-goog-api-key", "sk-third");
  }

  @Test
  void neverSwitchesOnceContentWasSent() {
    first.behave("*", "cut=6");

    var streamed = chat("big", ",\"stream\":true");

    assertThat(streamed.body()).contains("may ").contains("\"error\"").doesNotContain("[DONE]");
    assertThat(answers(second) + answers(third)).isZero();
  }

  @Test
  void rotatesKeysAndTellsHowTheyFare() {
    first.behave("sk-a", "status=401");
    for (int i = 0; i < 20; i++) {
      assertThat(chat("first-gpt", "").statusCode()).isEqualTo(200);
    }

    assertThat(first.books().refused()).isLessThanOrEqualTo(1);
    first.behave("sk-b", "status=429 retry-after=60");
    chat("first-gpt", "");
    var refused = chat("first-gpt", "");
    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(refused.headers().firstValue("retry-after")).get().asString().matches("[0-9]+");
    assertThat(json(refused.body()).at("/error/code").asString()).isEqualTo("rate_limit_exceeded");
    assertThat(metrics())
        .contains("sluice_provider_key_limited_total{key=\"b\",provider=\"first\"} 1.0")
        .contains("sluice_provider_key_state{key=\"b\",provider=\"first\"} 1.0");
    var keys = json(admin("/ai/models")).path("keys");
    assertThat(keys.findValuesAsString("key")).containsExactly("a", "b", "1", "1");
    assertThat(keys.get(0).path("state").asString()).isIn("out", "active");
    assertThat(keys.get(1).path("state").asString()).isEqualTo("cooling");
    assertThat(keys.get(1).path("backMillis").asLong()).isBetween(1L, 60_000L);
    assertThat(keys.toString()).doesNotContain("sk-");
  }

  @Test
  void carriesTheStateOfKeysOverAReload() throws IOException {
    first.behave("sk-a", "status=401");
    await()
        .untilAsserted(
            () -> {
              assertThat(chat("first-gpt", "").statusCode()).isEqualTo(200);
              assertThat(first.books().refused()).isEqualTo(1);
            });
    Files.writeString(
        folder.resolve("sluice.yaml"),
        config("{name: b, value: sk-b, weight: 3}, {name: a, value: sk-a}"));
    gateway.reload();

    for (int i = 0; i < 10; i++) {
      assertThat(chat("first-gpt", "").statusCode()).isEqualTo(200);
    }

    assertThat(first.books().refused()).isEqualTo(1);
  }

  @Test
  void listsTheModelsThatHaveNames() {
    var address = gateway.addresses().getOrDefault("web", List.of()).getFirst();
    var uri = URI.create("http://127.0.0.1:" + address.getPort() + "/v1/models");
    var models =
        client
            .sendAsync(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
            .join()
            .body();

    assertThat(json(models).path("data").findValuesAsString("id"))
        .containsExactly("big", "quick", "small");
  }

  @Test
  void refusesWhatNoTargetTakes() {
    var unknown = chat("other", "");
    assertThat(unknown.statusCode()).isEqualTo(404);
    assertThat(json(unknown.body()).at("/error/code").asString()).isEqualTo("model_not_found");

    var tooLong = chat("small", ",\"max_tokens\":200");
    assertThat(tooLong.statusCode()).isEqualTo(400);
    assertThat(json(tooLong.body()).at("/error/code").asString())
        .isEqualTo("context_length_exceeded");
  }
}
