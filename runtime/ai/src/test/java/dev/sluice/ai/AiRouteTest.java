package dev.sluice.ai;

import static dev.sluice.ai.AiFixture.done;
import static dev.sluice.ai.AiFixture.headers;
import static dev.sluice.ai.AiFixture.status;
import static dev.sluice.ai.Wire.file;
import static dev.sluice.ai.Wire.json;
import static dev.sluice.ai.Wire.text;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.testing.Exchange;
import dev.sluice.plugin.ai.AiEnd;
import dev.sluice.plugin.ai.Usage;
import io.netty.buffer.Unpooled;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Shows LLM calls on their way to one upstream and back, without plugins. */
class AiRouteTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String QUESTION =
      "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final String STREAMED =
      "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

  private final AiFixture fixture = new AiFixture();

  @AfterEach
  void close() throws Exception {
    fixture.close();
  }

  private static void reply(Exchange exchange, String protocol) {
    exchange.respond(200, text(file(protocol + ".reply.json")), "content-type", "application/json");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "openai.chat",
        "openai.responses",
        "openai.embeddings",
        "anthropic.messages",
        "gemini.generateContent"
      })
  void aCallPassesByteForByte(String protocol) {
    var upstream = fixture.upstream("u", exchange -> reply(exchange, protocol));
    fixture.serve();
    byte[] question = file(protocol + ".request.json");
    if (text(question).contains("\"stream\": true") || text(question).contains("\"stream\":true")) {
      question = text(question).replaceAll("\"stream\": ?true", "\"stream\":false").getBytes(UTF_8);
    }

    var answer = done(fixture.send(ProtocolChoice.HTTP_1_1, Wire.path(protocol), question));

    assertThat(status(answer)).isEqualTo(200);
    assertThat(answer.body()).isEqualTo(file(protocol + ".reply.json"));
    assertThat(headers(answer).get("content-length"))
        .isEqualTo(Integer.toString(answer.body().length));
    var asked = upstream.exchanges().element();
    assertThat(asked.body()).isEqualTo(question);
    assertThat(headers(asked).get("content-length")).isEqualTo(Integer.toString(question.length));
    assertThat(headers(asked).path()).isEqualTo(Wire.path(protocol));
    var seen = fixture.one();
    assertThat(seen.outcome()).isEqualTo(AiEnd.Outcome.COMPLETE);
    assertThat(seen.provider()).isEqualTo("u");
    assertThat(seen.usage().estimated()).isFalse();
    assertThat(seen.usage().input()).isPositive();
    assertThat(seen.attempts()).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(
      value = ProtocolChoice.class,
      names = {"HTTP_1_1", "HTTP_2"})
  void aStreamPassesAsItComes(ProtocolChoice protocol) {
    var events = text(file("openai.chat.reply.sse"));
    int half = events.indexOf("\n\n", events.length() / 2) + 2;
    fixture.upstream(
        "u",
        exchange -> {
          exchange.stream()
              .sendHeaders(
                  dev.sluice.plugin.Headers.of(
                      ":status", "200", "content-type", "text/event-stream"),
                  false);
          exchange.stream()
              .sendData(Unpooled.wrappedBuffer(events.substring(0, half).getBytes(UTF_8)), false);
        });
    fixture.serve();

    var answer = fixture.send(protocol, CHAT, asking("openai.chat"));

    await().until(() -> answer.received() >= half);
    assertThat(answer.complete()).isNotDone();
    assertThat(answer.text()).isEqualTo(events.substring(0, half));
    assertThat(fixture.memory.held())
        .as("what was passed on counts no more")
        .isEqualTo(asking("openai.chat").length);
  }

  private static byte[] asking(String protocol) {
    return text(file(protocol + ".request.json")).getBytes(UTF_8);
  }

  @Test
  void aStreamIsAskedForItsUsageWhichTheClientDoesNotSee() {
    var upstream =
        fixture.upstream(
            "u",
            exchange ->
                AiFixture.stream(
                    exchange,
                    """
                    data: {"id":"1","object":"chat.completion.chunk","model":"m-1","choices":[{"index":0,"delta":{"role":"assistant","content":"ok"},"finish_reason":null}],"usage":null}

                    data: {"id":"1","object":"chat.completion.chunk","model":"m-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}

                    data: {"id":"1","object":"chat.completion.chunk","model":"m-1","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}

                    data: [DONE]

                    """));
    fixture.serve();

    var answer = fixture.post(CHAT, STREAMED);

    assertThat(
            json(upstream.exchanges().element().body())
                .at("/stream_options/include_usage")
                .asBoolean())
        .isTrue();
    assertThat(answer.text())
        .contains("\"ok\"")
        .endsWith("data: [DONE]\n\n")
        .doesNotContain("usage");
    var seen = fixture.one();
    assertThat(seen.usage()).isEqualTo(new Usage(7, 0, 3, 0, false));
    assertThat(seen.answeredModel()).isEqualTo("m-1");
    assertThat(seen.finishReason()).isEqualTo("stop");
  }

  @Test
  void aStreamThatEndsEarlyEndsWithAnError() {
    fixture.upstream(
        "u",
        exchange ->
            AiFixture.stream(
                exchange,
                "data:"
                    + " {\"id\":\"1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"half\"}}]}\n\n"));
    fixture.serve();

    var answer = fixture.post(CHAT, STREAMED);

    assertThat(status(answer)).isEqualTo(200);
    assertThat(answer.text()).contains("half").contains("\"error\"").doesNotContain("[DONE]");
    assertThat(fixture.one().outcome()).isEqualTo(AiEnd.Outcome.TRUNCATED);
    assertThat(fixture.one().usage().estimated()).isTrue();
  }

  @Test
  void aConnectionThatBreaksInAStreamEndsItWithAnError() {
    fixture.upstream(
        "u",
        exchange -> {
          exchange.stream()
              .sendHeaders(
                  dev.sluice.plugin.Headers.of(
                      ":status", "200", "content-type", "text/event-stream"),
                  false);
          exchange.stream()
              .sendData(
                  Unpooled.copiedBuffer(
                      "data:"
                          + " {\"id\":\"1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"half\"}}]}\n\n",
                      UTF_8),
                  false);
          exchange.stream()
              .loop()
              .schedule(
                  () -> exchange.stream().reset(dev.sluice.http.StreamError.CANCEL),
                  100,
                  TimeUnit.MILLISECONDS);
        });
    fixture.serve();

    var answer = fixture.post(CHAT, STREAMED);

    assertThat(answer.text()).contains("half").contains("\"error\"").doesNotContain("[DONE]");
    assertThat(fixture.one().outcome()).isEqualTo(AiEnd.Outcome.TRUNCATED);
  }

  @Test
  void aClientThatLeavesCancelsTheUpstreamAndKeepsWhatWasUsed() {
    var upstream =
        fixture.upstream(
            "u",
            exchange -> {
              exchange.stream()
                  .sendHeaders(
                      dev.sluice.plugin.Headers.of(
                          ":status", "200", "content-type", "text/event-stream"),
                      false);
              exchange.stream()
                  .sendData(
                      Unpooled.copiedBuffer(
                          "data:"
                              + " {\"id\":\"1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"some"
                              + " words of it\"}}]}\n\n",
                          UTF_8),
                      false);
            });
    fixture.serve();

    var answer = fixture.send(CHAT, STREAMED);
    await().until(() -> answer.received() > 0);
    answer.stream().loop().execute(() -> answer.stream().reset(dev.sluice.http.StreamError.CANCEL));

    await().until(() -> upstream.exchanges().element().closed().isDone());
    var seen = fixture.one();
    assertThat(seen.outcome()).isEqualTo(AiEnd.Outcome.CLIENT_GONE);
    assertThat(seen.usage().estimated()).isTrue();
    assertThat(seen.usage().output()).isPositive();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"model\":\"m\",\"messages\":[",
        "[]",
        "nonsense",
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800\"}]} trailing",
        ""
      })
  void whatIsNoRequestIsRefusedInTheCallersFormat(String body) {
    fixture.upstream("u", exchange -> reply(exchange, "openai.chat"));
    fixture.serve();
    var openai = fixture.post(CHAT, body);
    var anthropic = fixture.post("/v1/messages", body);
    var gemini = fixture.post("/v1beta/models/g:generateContent", body);
    assertThat(status(openai)).isEqualTo(400);
    assertThat(json(openai.body()).at("/error/message").asString()).isNotEmpty();
    assertThat(status(anthropic)).isEqualTo(400);
    assertThat(json(anthropic.body()).at("/type").asString()).isEqualTo("error");
    assertThat(status(gemini)).isEqualTo(400);
    assertThat(json(gemini.body()).at("/error/code").asInt()).isEqualTo(400);
  }

  @Test
  void invalidUtf8IsRefused() {
    fixture.upstream("u", exchange -> reply(exchange, "openai.chat"));
    fixture.serve();
    byte[] body = QUESTION.getBytes(UTF_8);
    body[body.length - 5] = (byte) 0xff;
    assertThat(status(done(fixture.send(ProtocolChoice.HTTP_1_1, CHAT, body)))).isEqualTo(400);
  }

  @Test
  void nestingIsBoundedAtAThousandLevels() {
    fixture.upstream("u", exchange -> reply(exchange, "openai.chat"));
    fixture.serve();
    var fits = "[".repeat(990) + "]".repeat(990);
    var deep = "[".repeat(1_001) + "]".repeat(1_001);
    var body = "{\"model\":\"m\",\"messages\":[],\"metadata\":%s}";
    assertThat(status(fixture.post(CHAT, body.formatted(fits)))).isEqualTo(200);
    assertThat(status(fixture.post(CHAT, body.formatted(deep)))).isEqualTo(413);
  }

  @Test
  void aRequestThatIsTooLargeIsRefusedAndOneThatFitsPasses() {
    var upstream = fixture.upstream("u", exchange -> reply(exchange, "openai.chat"));
    fixture.serve();
    var body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}";
    var large = body.formatted("x".repeat((10 << 20) - 200));
    var answer = fixture.post(CHAT, large);
    assertThat(status(answer)).isEqualTo(200);
    assertThat(upstream.exchanges().element().received()).isEqualTo(large.length());
    var tooLarge = fixture.send(CHAT, body.formatted("x".repeat(10 << 20)));
    assertThat(status(tooLarge)).isEqualTo(413);
  }

  @Test
  void whatGuardsCannotSeeIsRefusedUnlessTheRouteAllowsIt() {
    fixture.upstream("u", exchange -> reply(exchange, "openai.chat"));
    var twice = "{\"model\":\"m\",\"model\":\"n\",\"messages\":[]}";
    var elsewhere = "{\"model\":\"m\",\"input\":\"hi\",\"previous_response_id\":\"r1\"}";
    fixture.serve();
    var refused = fixture.post(CHAT, twice);
    assertThat(status(refused)).isEqualTo(400);
    assertThat(refused.text()).contains("duplicate_key").contains("model");
    assertThat(status(fixture.post("/v1/responses", elsewhere))).isEqualTo(400);
    assertThat(status(fixture.post(CHAT, QUESTION, "content-encoding", "gzip"))).isEqualTo(400);
    assertThat(status(fixture.post("/v1/audio/speech", "{}"))).isEqualTo(404);
    fixture.serve(
        Concern.Kind.DUPLICATE_KEY,
        Concern.Kind.CONTENT_ELSEWHERE,
        Concern.Kind.UNREADABLE_ENCODING,
        Concern.Kind.UNKNOWN_ENDPOINT);
    assertThat(status(fixture.post(CHAT, twice))).isEqualTo(200);
    assertThat(status(fixture.post("/v1/responses", elsewhere))).isEqualTo(200);
    assertThat(status(fixture.post(CHAT, QUESTION, "content-encoding", "gzip"))).isEqualTo(200);
    assertThat(status(fixture.post("/v1/audio/speech", "{}"))).isEqualTo(200);
  }

  @Test
  void theErrorOfAnUpstreamPasses() {
    fixture.upstream(
        "u",
        exchange ->
            exchange.respond(
                429,
                "{\"error\":{\"message\":\"slow"
                    + " down\",\"type\":\"tokens\",\"param\":null,\"code\":\"rate_limit_exceeded\"}}",
                "content-type",
                "application/json",
                "retry-after",
                "7"));
    fixture.serve();
    var answer = fixture.post(CHAT, QUESTION);
    assertThat(status(answer)).isEqualTo(429);
    assertThat(headers(answer).get("retry-after")).isEqualTo("7");
    assertThat(json(answer.body()).at("/error/code").asString()).isEqualTo("rate_limit_exceeded");
    assertThat(json(answer.body()).at("/error/message").asString()).isEqualTo("slow down");
    assertThat(fixture.one().outcome()).isEqualTo(AiEnd.Outcome.UPSTREAM_ERROR);
  }

  @Test
  void aDeadUpstreamIsToldInTheCallersFormat() throws Exception {
    int port;
    try (var socket = new java.net.ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    fixture.dead("gone", port);
    fixture.serve();
    var answer = fixture.post("/v1/messages", "{\"model\":\"m\",\"max_tokens\":5,\"messages\":[]}");
    assertThat(status(answer)).isEqualTo(502);
    assertThat(json(answer.body()).at("/type").asString()).isEqualTo("error");
    assertThat(answer.text()).doesNotContain("127.0.0.1");
    assertThat(fixture.one().code()).isEqualTo("upstream_connect_failed");
  }

  @Test
  void listsOfModelsPassOrComeFromTheRouter() {
    fixture.upstream(
        "u",
        exchange ->
            exchange.respond(
                200, "{\"object\":\"list\",\"data\":[]}", "content-type", "application/json"));
    fixture.serve();
    assertThat(fixture.get("/v1/models").text()).isEqualTo("{\"object\":\"list\",\"data\":[]}");
    fixture.serve(new TestTargets());
    var list = json(fixture.get("/v1/models").body());
    assertThat(list.at("/data/0/id").asString()).isEqualTo("one");
    assertThat(list.at("/data/1/id").asString()).isEqualTo("two");
    assertThat(json(fixture.get("/v1/models/two").body()).at("/id").asString()).isEqualTo("two");
    assertThat(status(fixture.get("/v1/models/three"))).isEqualTo(404);
  }
}
