package dev.sluice.standin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.Transport;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestClient;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@ExtendWith(LeakCheck.class)
class StandInTest {
  private static final String TEXT = "One two three four five.";
  private static final String CHAT = "/v1/chat/completions";
  private static final String MESSAGES = "/v1/messages";
  private static final String GENERATE = "/v1beta/models/m:generateContent";
  private static final String STREAM = "/v1beta/models/m:streamGenerateContent?alt=sse";

  private final StandIn standIn = StandIn.start(StandInOptions.DEFAULT.saying(TEXT));
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @AfterEach
  void stop() {
    client.close();
    standIn.close();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(standIn.url() + path))
        .timeout(Duration.ofSeconds(60))
        .header("content-type", "application/json")
        .header("anthropic-version", "2023-06-01");
  }

  private HttpResponse<String> post(String path, String body, String... headers) {
    HttpRequest.Builder request = request(path).POST(BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return send(request.build());
  }

  private HttpResponse<String> send(HttpRequest request) {
    try {
      return client.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static String chat(String more) {
    return "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Say it\"}]"
        + more
        + "}";
  }

  private static JsonNode json(HttpResponse<String> response) {
    return JsonMapper.shared().readTree(response.body());
  }

  private static List<JsonNode> frames(String stream) {
    return stream
        .lines()
        .filter(line -> line.startsWith("data: {"))
        .map(line -> JsonMapper.shared().readTree(line.substring(6)))
        .toList();
  }

  @Test
  void answersEachFormatAndKeepsBooks() {
    JsonNode chat = json(post(CHAT, chat("")));
    assertThat(chat.at("/choices/0/message/content").asString()).isEqualTo(TEXT);
    assertThat(chat.at("/usage/prompt_tokens").asInt()).isEqualTo(2);
    assertThat(chat.at("/usage/completion_tokens").asInt()).isEqualTo(5);
    String streamed = post(CHAT, chat(",\"stream\":true")).body();
    assertThat(streamed).endsWith("data: [DONE]\n\n").doesNotContain("usage");
    JsonNode message =
        json(
            post(
                MESSAGES,
                "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"Say"
                    + " it\"}]}"));
    assertThat(message.at("/content/0/text").asString()).isEqualTo(TEXT);
    assertThat(message.at("/usage/input_tokens").asInt()).isEqualTo(2);
    JsonNode gemini = json(post(GENERATE, "{\"contents\":[{\"parts\":[{\"text\":\"Say it\"}]}]}"));
    assertThat(gemini.at("/candidates/0/content/parts/0/text").asString()).isEqualTo(TEXT);
    assertThat(gemini.at("/usageMetadata/candidatesTokenCount").asInt()).isEqualTo(5);
    String array =
        post(
                "/v1beta/models/m:streamGenerateContent",
                "{\"contents\":[{\"parts\":[{\"text\":\"Say it\"}]}]}")
            .body();
    assertThat(JsonMapper.shared().readTree(array)).hasSize(6);

    assertThat(standIn.books().complete()).isEqualTo(new Books.Sum(5, 10, 0, 25, 0));
    JsonNode books = json(send(request("/standin/books").GET().build()));
    assertThat(books.at("/complete/output").asInt()).isEqualTo(25);
    assertThat(standIn.requests()).hasSize(5);
    assertThat(standIn.requests().getFirst().body()).isEqualTo(chat(""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        CHAT + "| {} | model",
        CHAT + "| {\"model\":\"m\",\"messages\":[]} | messages",
        CHAT
            + "| {\"model\":\"m\",\"messages\":[{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"b\"}]}"
            + " | role",
        CHAT
            + "| {\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"b\"}],\"stream_options\":{}}"
            + " | stream_options",
        MESSAGES
            + "| {\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]} |"
            + " max_tokens",
        MESSAGES
            + "| {\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"n\":1}"
            + " | Extra inputs",
        MESSAGES
            + "| {\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"\"}]}]}"
            + " | non-empty",
        GENERATE + "| {\"contents\":[]} | contents",
        GENERATE
            + "| {\"contents\":[{\"parts\":[{\"text\":\"a\"}]}],\"max_tokens\":1} | Unknown name",
        "/v1/nothing | {} | Unknown request URL"
      })
  void refusesWhatTheRealOnesRefuse(String path, String body, String word) {
    HttpResponse<String> response = post(path, body);
    assertThat(response.statusCode()).isBetween(400, 404);
    assertThat(response.body()).contains(word);
  }

  @Test
  void failsAsItIsAsked() {
    HttpResponse<String> refused = post(CHAT, chat(""), "x-standin", "status=429 retry-after=7");
    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(refused.headers().firstValue("retry-after")).hasValue("7");
    assertThat(refused.body()).contains("rate_limit_exceeded");

    assertThat(post(CHAT, chat("").replace("\"m\"", "\"m+status=503\"")).statusCode())
        .isEqualTo(503);
    assertThat(post(CHAT, chat("").replace("Say it", "[[standin status=418]]")).statusCode())
        .isEqualTo(418);
    assertThat(post(CHAT, chat(""), "x-standin", "no=1").body()).contains("expected: one of");

    List<JsonNode> failed =
        frames(post(CHAT, chat(",\"stream\":true"), "x-standin", "fail=2").body());
    assertThat(failed).hasSize(3);
    assertThat(failed.getLast().at("/error/type").asString()).isEqualTo("server_error");
    String ended = post(CHAT, chat(",\"stream\":true"), "x-standin", "end=2").body();
    assertThat(frames(ended)).hasSize(2);
    assertThat(ended).doesNotContain("[DONE]");
    String split = post(CHAT, chat(",\"stream\":true"), "x-standin", "split=1").body();
    assertThat(frames(split)).hasSize(7);

    JsonNode silent = json(post(CHAT, chat(""), "x-standin", "usage=none"));
    assertThat(silent.has("usage")).isFalse();
    HttpResponse<String> typed = post(CHAT, chat(""), "x-standin", "type=text/html");
    assertThat(typed.headers().firstValue("content-type")).hasValue("text/html");
    assertThat(standIn.books().refused()).isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource({"HTTP_1_1, 0", "HTTP_1_1, 3", "HTTP_2, 0", "HTTP_2, 3"})
  void breaksOffAfterSoManyFrames(ProtocolChoice protocol, int frames) throws Exception {
    Transport transport = Transport.create(1);
    try (var http = new TestClient(transport, protocol, null)) {
      byte[] body = chat(",\"stream\":true").getBytes(StandardCharsets.UTF_8);
      Exchange exchange =
          http.send(
              standIn.address(),
              TestClient.request("POST", CHAT, "x-standin", "cut=" + frames),
              false,
              begun -> begun.stream().sendData(Unpooled.wrappedBuffer(body), true));
      exchange.reset().get(1, TimeUnit.MINUTES);
      assertThat(frames(exchange.text())).hasSize(frames);
    } finally {
      transport.close();
    }
    assertThat(standIn.books().cut().exchanges()).isEqualTo(1);
    assertThat(standIn.books().complete()).isEqualTo(Books.Sum.NONE);
  }

  @Test
  void noticesAClientThatLeaves() throws Exception {
    HttpRequest request =
        request(CHAT)
            .header("x-standin", "hang=3")
            .POST(BodyPublishers.ofString(chat(",\"stream\":true")))
            .build();
    HttpResponse<InputStream> response = client.send(request, BodyHandlers.ofInputStream());
    assertThat(standIn.books().active()).isEqualTo(1);
    response.body().close();
    Awaitility.await().until(() -> standIn.books().abandoned().exchanges() == 1);
    Awaitility.await().until(() -> standIn.books().active() == 0);
  }

  @Test
  void killsAndRevivesAKey() {
    standIn.behave("sk-dead", "status=401");
    assertThat(post(CHAT, chat(""), "authorization", "Bearer sk-dead").statusCode()).isEqualTo(401);
    assertThat(post(MESSAGES, "{}", "x-api-key", "sk-other").statusCode()).isEqualTo(400);
    HttpRequest revive =
        request("/standin/behaviour/sk-dead").method("DELETE", BodyPublishers.noBody()).build();
    assertThat(send(revive).statusCode()).isEqualTo(200);
    assertThat(post(CHAT, chat(""), "authorization", "Bearer sk-dead").statusCode()).isEqualTo(200);
  }

  @Test
  void failsTheFirstTimesOrNowAndThen() {
    for (int status : new int[] {503, 503, 200}) {
      assertThat(post(CHAT, chat(""), "x-standin", "status=503 times=2").statusCode())
          .isEqualTo(status);
    }
    for (int status : new int[] {200, 200, 500, 200, 200, 500}) {
      assertThat(post(CHAT, chat(""), "x-standin", "status=500 every=3").statusCode())
          .isEqualTo(status);
    }
  }

  @Test
  void takesTheNamesOfGeminisOwnClients() {
    String body =
        """
        {"contents": [{"role": "user", "parts": [{"text": "Ask weather"}]}],
         "tools": [{"function_declarations": [{"name": "weather", "parameters_json_schema":
           {"type": "object", "properties": {"my_city": {"type": "string"}}}}]}],
         "generation_config": {"thinking_config": {"include_thoughts": true}}}\
        """;
    List<JsonNode> frames = frames(post(STREAM, body).body());
    assertThat(frames.getFirst().at("/candidates/0/content/parts/0/thought").asBoolean()).isTrue();
    assertThat(frames)
        .anyMatch(
            frame ->
                frame
                    .at("/candidates/0/content/parts/0/functionCall/args/my_city")
                    .asString("")
                    .equals("Zürich \"1\""));
  }
}
