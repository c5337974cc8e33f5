package dev.sluice.ai;

import static dev.sluice.ai.AiFixture.headers;
import static dev.sluice.ai.AiFixture.status;
import static dev.sluice.ai.AiFixture.stream;
import static dev.sluice.ai.Wire.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.ai.ModelRouter.Failure;
import dev.sluice.ai.ModelRouter.Timeouts;
import dev.sluice.http.StreamError;
import dev.sluice.http.testing.Exchange;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.ai.AiEnd;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Shows how targets are tried one after another, and when no longer. */
class AiFallbackTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String QUESTION =
      "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final String STREAMED =
      "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final String ROLE =
      "data:"
          + " {\"id\":\"1\",\"model\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
  private static final String ERROR =
      "data:"
          + " {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\",\"code\":\"overloaded\"}}\n\n";
  private static final String WORD =
      "data:"
          + " {\"id\":\"1\",\"model\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word\"}}]}\n\n";
  private static final String GOOD =
      ROLE
          + WORD
          + "data:"
          + " {\"id\":\"1\",\"model\":\"a\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
          + "data: [DONE]\n\n";
  private static final String WHOLE =
      "{\"id\":\"1\",\"object\":\"chat.completion\",\"model\":\"b-1\",\"choices\":[{\"index\":0,"
          + "\"message\":{\"role\":\"assistant\",\"content\":\"fine\"},\"finish_reason\":\"stop\"}],"
          + "\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2,\"total_tokens\":7}}";
  private static final String MESSAGE =
      "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude\","
          + "\"content\":[{\"type\":\"text\",\"text\":\"fine\"}],\"stop_reason\":\"end_turn\","
          + "\"usage\":{\"input_tokens\":5,\"output_tokens\":2}}";

  private final AiFixture fixture = new AiFixture();

  @AfterEach
  void close() throws Exception {
    fixture.close();
  }

  private static Consumer<Exchange> json200(String body) {
    return exchange -> exchange.respond(200, body, "content-type", "application/json");
  }

  private static Consumer<Exchange> failing(int status, String... fields) {
    return exchange ->
        exchange.respond(
            status,
            "{\"error\":{\"message\":\"no\",\"type\":\"server_error\",\"param\":null,\"code\":null}}",
            fields);
  }

  private TestTargets twoTargets(Consumer<Exchange> a, Consumer<Exchange> b) {
    fixture.upstream("a", a);
    fixture.upstream("b", b);
    return serve(TestTargets.to("a", AiFormat.OPENAI), TestTargets.to("b", AiFormat.OPENAI));
  }

  private TestTargets serve(ModelRouter.Target... targets) {
    var router = new TestTargets(targets);
    fixture.serve(router);
    return router;
  }

  @Test
  void aStatusOf500GoesToTheNextTarget() {
    var router = twoTargets(failing(500), json200(WHOLE));
    var answer = fixture.post(CHAT, QUESTION);
    assertThat(status(answer)).isEqualTo(200);
    assertThat(json(answer.body()).at("/choices/0/message/content").asString()).isEqualTo("fine");
    assertThat(router.failures).hasSize(1);
    assertThat(router.failures.element().failure()).isEqualTo(Failure.STATUS);
    var seen = fixture.one();
    assertThat(seen.attempts()).extracting("status").containsExactly(500, 200);
    assertThat(seen.provider()).isEqualTo("b");
    assertThat(seen.usage().input()).isEqualTo(5);
    await().until(() -> router.ends.size() == 2);
    assertThat(router.ends).extracting("committed").containsExactly(false, true);
  }

  @Test
  void theProvidersKeyStaysThereAndTheClientsHere() {
    var upstream = fixture.upstream("a", json200(WHOLE));
    serve(TestTargets.to("a", AiFormat.OPENAI));
    var answer =
        fixture.post(
            CHAT, QUESTION, "authorization", "Bearer client", "cookie", "c=1", "x-api-key", "k");
    var asked = headers(upstream.exchanges().element());
    assertThat(asked.get("authorization")).isEqualTo("Bearer secret-of-a");
    assertThat(asked.contains("cookie")).isFalse();
    assertThat(asked.contains("x-api-key")).isFalse();
    assertThat(asked.path()).isEqualTo("/base/chat/completions");
    assertThat(headers(answer).toString()).doesNotContain("secret-of-a");
    assertThat(json(upstream.exchanges().element().body()).at("/model").asString())
        .isEqualTo("a-model");
  }

  @Test
  void noConnectionGoesToTheNextTarget() throws IOException {
    int port;
    try (var socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    fixture.dead("a", port);
    fixture.upstream("b", json200(WHOLE));
    var router = serve(TestTargets.to("a", AiFormat.OPENAI), TestTargets.to("b", AiFormat.OPENAI));
    assertThat(status(fixture.post(CHAT, QUESTION))).isEqualTo(200);
    assertThat(router.failures.element().failure()).isEqualTo(Failure.CONNECT);
  }

  @Test
  void anErrorInAStreamOf200BeforeContentGoesToTheNextTarget() {
    var router =
        twoTargets(exchange -> stream(exchange, ROLE + ERROR), exchange -> stream(exchange, GOOD));
    var answer = fixture.post(CHAT, STREAMED);
    assertThat(answer.text()).isEqualTo(GOOD);
    assertThat(router.failures.element().failure()).isEqualTo(Failure.ERROR_IN_STREAM);
    assertThat(router.failures.element().error().message()).isEqualTo("overloaded");
  }

  @Test
  void anErrorInABodyOf200GoesToTheNextTarget() {
    var router =
        twoTargets(
            json200("{\"error\":{\"message\":\"overloaded\",\"code\":503}}"), json200(WHOLE));
    var answer = fixture.post(CHAT, QUESTION);
    assertThat(answer.text()).contains("fine");
    assertThat(router.failures.element().failure()).isEqualTo(Failure.ERROR_IN_STREAM);
  }

  @Test
  void aStreamThatEndsBeforeContentGoesToTheNextTarget() {
    var router = twoTargets(exchange -> stream(exchange, ROLE), exchange -> stream(exchange, GOOD));
    assertThat(fixture.post(CHAT, STREAMED).text()).isEqualTo(GOOD);
    assertThat(router.failures.element().failure()).isEqualTo(Failure.RESET);
  }

  @Test
  void afterContentNoOtherTargetIsTried() {
    var router =
        twoTargets(
            exchange -> stream(exchange, ROLE + WORD + ERROR), exchange -> stream(exchange, GOOD));
    var answer = fixture.post(CHAT, STREAMED);
    assertThat(answer.text()).contains("word").contains("overloaded").doesNotContain("[DONE]");
    assertThat(router.failures).isEmpty();
    assertThat(fixture.one().attempts()).hasSize(1);
  }

  @Test
  void whatIsNoAnswerGoesToTheNextTarget() {
    var router =
        twoTargets(
            exchange -> exchange.respond(200, "<html>", "content-type", "application/json"),
            json200(WHOLE));
    assertThat(fixture.post(CHAT, QUESTION).text()).contains("fine");
    assertThat(router.failures.element().failure()).isEqualTo(Failure.MALFORMED);
  }

  @Test
  void aResponseThatBreaksOffGoesToTheNextTarget() {
    var router =
        twoTargets(
            exchange -> {
              exchange.stream()
                  .sendHeaders(
                      Headers.of(":status", "200", "content-type", "application/json"), false);
              exchange.stream()
                  .sendData(Unpooled.copiedBuffer(WHOLE.substring(0, 40), UTF_8), false);
              exchange.stream().loop().execute(() -> exchange.stream().reset(StreamError.CANCEL));
            },
            json200(WHOLE));
    assertThat(fixture.post(CHAT, QUESTION).text()).contains("fine");
    assertThat(router.failures.element().failure()).isEqualTo(Failure.RESET);
  }

  @Test
  void aTargetThatIsLateLosesToTheNext() {
    fixture.upstream("a", exchange -> {});
    fixture.upstream("b", json200(WHOLE));
    var late =
        new TestTargets.To(
            "a",
            AiFormat.OPENAI,
            new Timeouts(Duration.ZERO, Duration.ofMillis(150), Duration.ZERO, Duration.ZERO));
    var router = serve(late, TestTargets.to("b", AiFormat.OPENAI));
    assertThat(fixture.post(CHAT, QUESTION).text()).contains("fine");
    assertThat(router.failures.element().failure()).isEqualTo(Failure.TIMEOUT);
  }

  @Test
  void aStreamThatFallsSilentEndsWithAnError() {
    fixture.upstream(
        "a",
        exchange -> {
          exchange.stream()
              .sendHeaders(
                  Headers.of(":status", "200", "content-type", "text/event-stream"), false);
          exchange.stream().sendData(Unpooled.copiedBuffer(ROLE + WORD, UTF_8), false);
        });
    serve(
        new TestTargets.To(
            "a",
            AiFormat.OPENAI,
            new Timeouts(Duration.ZERO, Duration.ZERO, Duration.ofMillis(150), Duration.ZERO)));
    var answer = fixture.post(CHAT, STREAMED);
    assertThat(answer.text()).contains("word").contains("\"error\"").contains("150ms");
    assertThat(fixture.one().outcome()).isEqualTo(AiEnd.Outcome.TRUNCATED);
  }

  @Test
  void theLastErrorIsTheClients() {
    twoTargets(failing(500), failing(503, "retry-after", "3"));
    var answer = fixture.post(CHAT, QUESTION);
    assertThat(status(answer)).isEqualTo(503);
    assertThat(headers(answer).get("retry-after")).isEqualTo("3");
    assertThat(fixture.one().attempts()).hasSize(2);
  }

  @Test
  void aKeyThatIsRefusedIsNotTheClientsBusiness() {
    fixture.upstream(
        "a",
        exchange ->
            exchange.respond(
                401,
                "{\"error\":{\"message\":\"Incorrect API key provided:"
                    + " sk-abc\",\"code\":\"invalid_api_key\"}}"));
    serve(TestTargets.to("a", AiFormat.OPENAI));
    var answer = fixture.post(CHAT, QUESTION);
    assertThat(status(answer)).isEqualTo(502);
    assertThat(answer.text()).doesNotContain("sk-abc");
  }

  @Test
  void anotherFormatAnswers() {
    fixture.upstream("a", failing(500));
    var claude = fixture.upstream("c", json200(MESSAGE));
    serve(TestTargets.to("a", AiFormat.OPENAI), TestTargets.to("c", AiFormat.ANTHROPIC));
    var answer = fixture.post(CHAT, QUESTION);
    assertThat(status(answer)).isEqualTo(200);
    var body = json(answer.body());
    assertThat(body.at("/choices/0/message/content").asString()).isEqualTo("fine");
    assertThat(body.at("/usage/prompt_tokens").asInt()).isEqualTo(5);
    assertThat(headers(claude.exchanges().element()).path()).isEqualTo("/base/messages");
  }

  @Test
  void whatNoFormatCanSayIsRefusedByName() {
    fixture.upstream("c", json200(MESSAGE));
    serve(TestTargets.to("c", AiFormat.ANTHROPIC));
    var answer = fixture.post("/v1/embeddings", "{\"model\":\"m\",\"input\":\"hi\"}");
    assertThat(status(answer)).isEqualTo(400);
    assertThat(answer.text()).contains("openai.embeddings");
  }

  @Test
  void whatTheRouterRefusesIsToldInTheCallersFormat() {
    fixture.serve(
        new ModelRouter() {
          @Override
          public Choice choose(AiCall call, Facts facts, Consumer<Choice> later) {
            return Choice.refused(new AiError(404, "model_not_found", "model: " + call.model()));
          }

          @Override
          public java.util.List<String> models(Facts facts) {
            return java.util.List.of();
          }
        });
    var answer = fixture.post("/v1/messages", "{\"model\":\"x\",\"max_tokens\":1,\"messages\":[]}");
    assertThat(status(answer)).isEqualTo(404);
    assertThat(json(answer.body()).at("/error/message").asString()).isEqualTo("model: x");
    assertThat(fixture.one().outcome()).isEqualTo(AiEnd.Outcome.REFUSED);
  }

  @Test
  void aChoiceMayComeLaterFromAnotherThread() {
    fixture.upstream("a", json200(WHOLE));
    var targets = new TestTargets(TestTargets.to("a", AiFormat.OPENAI));
    fixture.serve(
        new ModelRouter() {
          @Override
          public @org.jspecify.annotations.Nullable Choice choose(
              AiCall call, Facts facts, Consumer<Choice> later) {
            var choice = targets.choose(call, facts, later);
            Thread.ofVirtual().start(() -> later.accept(choice));
            return null;
          }

          @Override
          public java.util.List<String> models(Facts facts) {
            return java.util.List.of();
          }
        });
    assertThat(fixture.post(CHAT, QUESTION).text()).contains("fine");
  }
}
