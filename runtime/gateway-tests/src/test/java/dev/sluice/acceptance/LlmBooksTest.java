package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.control.Gateway;
import dev.sluice.control.GatewayOptions;
import dev.sluice.standin.ProducedAnswer;
import dev.sluice.standin.ProducedAnswer.Outcome;
import dev.sluice.standin.StandIn;
import dev.sluice.standin.StandInOptions;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Holds what {@code /ai/usage} and the usage record of each call say against what the provider says
 * it produced, in sum and call by call, while calls come at 200 a second in all client formats, for
 * providers of all formats that fail in one way after the other. With {@code -Dsluice.full=true}
 * each way lasts 30 seconds.
 *
 * <p>Text and prompt are such that the gateway's estimate (a token for four characters) and the
 * count of the stand-in (a token for a word) agree, so that broken answers are held to it as well.
 */
class LlmBooksTest {
  private static final int PER_SECOND = 200;
  private static final Duration LENGTH =
      Boolean.getBoolean("sluice.full") ? Duration.ofSeconds(30) : Duration.ofMillis(1_200);
  private static final String TEXT =
      "w01 w02 w03 w04 w05 w06 w07 w08 w09 w10 w11 w12 w13 w14 w15 w16";
  private static final List<String> FORMATS = List.of("openai", "anthropic", "gemini");

  /** How many frames of a stream hold the first six words. */
  private static final List<Integer> SIX_WORDS = List.of(7, 9, 6);

  @TempDir private Path folder;
  private final StandIn provider = StandIn.start(StandInOptions.DEFAULT.saying(TEXT));
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private Gateway gateway;

  @BeforeEach
  void start() throws IOException {
    var providers = new StringBuilder("providers:\n");
    var models = new StringBuilder("models:\n");
    for (int i = 0; i < FORMATS.size(); i++) {
      var format = FORMATS.get(i);
      var other = FORMATS.get((i + 1) % FORMATS.size());
      provider(providers, "good", format, "{value: sk-good-" + format + "}");
      for (var way : List.of("fallback", "held", "cut", "gone")) {
        provider(providers, way, format, "{value: sk-" + way + "-" + format + "}");
        boolean falls = way.equals("fallback") || way.equals("held");
        model(models, way, format, falls ? "good-" + other : "");
      }
      provider(
          providers,
          "rotate",
          format,
          "{value: sk-401, weight: 3}, {value: sk-429, weight: 3}, {value: sk-good-"
              + format
              + "}");
      model(models, "rotate", format, "");
      provider.behave("sk-fallback-" + format, "status=503 every=2");
      // Before its first content, which is in the first frame of Gemini's.
      provider.behave(
          "sk-held-" + format, format.equals("gemini") ? "fail=0 every=2" : "fail=1 every=2");
      // Anthropic does not tell how much of its output is reasoning.
      provider.behave(
          "sk-good-" + format, format.equals("anthropic") ? "cached=2" : "cached=2 think=3");
      provider.behave("sk-cut-" + format, "cut=" + SIX_WORDS.get(i));
      provider.behave("sk-gone-" + format, "hang=" + SIX_WORDS.get(i));
    }
    provider.behave("sk-401", "status=401");
    provider.behave("sk-429", "status=429 retry-after=1 every=3");
    var file =
        Files.writeString(
            folder.resolve("sluice.yaml"),
            """
            admin: {address: "127.0.0.1:0"}
            threads: 2
            accessLog: {path: access.log}
            listeners: [{name: web, address: "127.0.0.1:0"}]
            routes: [{name: llm, match: {path: {prefix: /}}, ai: {}}]
            """
                + providers
                + models);
    gateway = Gateway.start(new GatewayOptions(file, folder.resolve("cache")));
  }

  private void provider(StringBuilder yaml, String way, String format, String keys) {
    yaml.append(
        "  - {name: %s-%s, format: %s, baseUrl: \"%s/%s\", keys: [%s], outlierDetection: {consecutiveErrors: 0}}\n"
            .formatted(
                way,
                format,
                format,
                provider.url(),
                format.equals("gemini") ? "v1beta" : "v1",
                keys));
  }

  private static void model(StringBuilder yaml, String way, String format, String fallback) {
    yaml.append(
        "  - {name: %1$s-%2$s, targets: [{provider: %1$s-%2$s, model: %1$s}]%3$s}\n"
            .formatted(
                way,
                format,
                fallback.isEmpty()
                    ? ""
                    : ", fallback: [{provider: " + fallback + ", model: " + way + "}]"));
  }

  @AfterEach
  void stop() {
    client.shutdownNow();
    gateway.close();
    provider.close();
  }

  /** Is one call: its id, the model, the format of the client, and whether it wants a stream. */
  private HttpRequest call(String id, String model, String format, boolean stream) {
    var text = "a b c d e f";
    var path =
        switch (format) {
          case "anthropic" -> "/v1/messages";
          case "gemini" ->
              "/v1beta/models/"
                  + model
                  + (stream ? ":streamGenerateContent?alt=sse" : ":generateContent");
          default -> "/v1/chat/completions";
        };
    var body =
        switch (format) {
          case "anthropic" ->
              "{\"model\":\"%s\",\"max_tokens\":500,\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
                  .formatted(model, stream, text);
          case "gemini" ->
              "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"%s\"}]}]}".formatted(text);
          default ->
              "{\"model\":\"%s\",\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
                  .formatted(model, stream, text);
        };
    var address = gateway.addresses().getOrDefault("web", List.of()).getFirst();
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + address.getPort() + path))
        .timeout(Duration.ofSeconds(60))
        .header("content-type", "application/json")
        .header("x-request-id", id)
        .header("anthropic-version", "2023-06-01")
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  /** Sends calls at the rate and returns what clients got, an empty text for who left. */
  private List<String> drive(String way, boolean streamsOnly, boolean leave) {
    var answers = new ArrayList<CompletableFuture<String>>();
    long start = System.nanoTime();
    long calls = PER_SECOND * LENGTH.toMillis() / 1000;
    for (int i = 0; i < calls; i++) {
      LockSupport.parkNanos(start + i * 1_000_000_000L / PER_SECOND - System.nanoTime());
      var model = way + "-" + FORMATS.get(i % 3);
      var stream = streamsOnly || i / 9 % 2 == 0;
      var request = call(way + "-" + i, model, FORMATS.get(i / 3 % 3), stream);
      answers.add(
          leave
              ? client
                  .sendAsync(request, answer -> new LeavingReader("w06"))
                  .handle((response, gone) -> "")
              : client
                  .sendAsync(request, BodyHandlers.ofString())
                  .thenApply(response -> response.statusCode() + " " + response.body()));
    }
    return answers.stream().map(CompletableFuture::join).toList();
  }

  /** Holds the books of one way to fail against each other. */
  private void balance(String way, int calls) {
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () -> {
              assertThat(provider.books().active()).isZero();
              assertThat(usage(way).path("requests").asInt()).isEqualTo(calls);
            });
    var produced =
        provider.answers().stream()
            .filter(answer -> answer.model().equals(way))
            // What was held back and never shown to a client is no answer.
            .filter(answer -> !way.equals("held") || answer.outcome() == Outcome.COMPLETE)
            .toList();
    var usage = usage(way);
    assertThat(usage.at("/tokens/input").asLong())
        .as("%s: input in %s", way, usage)
        .isEqualTo(produced.stream().mapToLong(ProducedAnswer::input).sum());
    assertThat(usage.at("/tokens/cachedInput").asLong())
        .as("%s: cached input in %s", way, usage)
        .isEqualTo(produced.stream().mapToLong(ProducedAnswer::cached).sum());
    assertThat(usage.at("/tokens/output").asLong())
        .as("%s: output in %s", way, usage)
        .isEqualTo(produced.stream().mapToLong(ProducedAnswer::output).sum());
    assertThat(usage.at("/tokens/reasoning").asLong())
        .as("%s: reasoning in %s", way, usage)
        .isEqualTo(produced.stream().mapToLong(ProducedAnswer::reasoning).sum());
    compare(way, calls, produced);
  }

  /** Is what was used in one call, or in several attempts at it. */
  private record Used(long input, long cached, long output, long reasoning) {
    static Used of(ProducedAnswer answer) {
      return new Used(answer.input(), answer.cached(), answer.output(), answer.reasoning());
    }

    static Used of(JsonNode record) {
      return new Used(
          record.path("inputTokens").asLong(0),
          record.path("cachedInputTokens").asLong(0),
          record.path("outputTokens").asLong(0),
          record.path("reasoningTokens").asLong(0));
    }

    Used plus(Used other) {
      return new Used(
          input + other.input,
          cached + other.cached,
          output + other.output,
          reasoning + other.reasoning);
    }
  }

  /** Holds the record of each call, as the access log has it, against what was produced for it. */
  private void compare(String way, int calls, List<ProducedAnswer> produced) {
    Map<String, Used> told = new TreeMap<>();
    produced.forEach(answer -> told.merge(answer.requestId(), Used.of(answer), Used::plus));
    Map<String, Used> booked = new TreeMap<>();
    await()
        .atMost(Duration.ofSeconds(20))
        .ignoreExceptions() // half a line may be written
        .untilAsserted(
            () -> {
              records(way, booked);
              assertThat(booked).hasSize(calls);
            });
    assertThat(booked).as(way).isEqualTo(told);
  }

  private void records(String way, Map<String, Used> booked) throws IOException {
    for (var line : Files.readAllLines(folder.resolve("access.log"))) {
      var entry = JsonMapper.shared().readTree(line);
      if (entry.path("ai").path("requestedModel").asString("").startsWith(way + "-")) {
        booked.put(entry.path("requestId").asString(), Used.of(entry.path("ai")));
      }
    }
  }

  private long produced(String way, Outcome outcome) {
    return provider.answers().stream()
        .filter(answer -> answer.model().equals(way) && answer.outcome() == outcome)
        .count();
  }

  /** Returns the sum over the models of one way. */
  private JsonNode usage(String way) {
    var sum = JsonMapper.shared().createObjectNode();
    var port = gateway.adminAddress().getPort();
    var uri = URI.create("http://127.0.0.1:" + port + "/ai/usage?groupBy=model");
    var report =
        client
            .sendAsync(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
            .join()
            .body();
    var tokens = sum.putObject("tokens");
    for (var row : JsonMapper.shared().readTree(report).path("rows")) {
      if (row.path("model").asString().startsWith(way + "-")) {
        for (var field : List.of("requests", "failed", "estimated")) {
          sum.put(field, sum.path(field).asLong() + row.path(field).asLong());
        }
        row.path("tokens")
            .properties()
            .forEach(
                field ->
                    tokens.put(
                        field.getKey(),
                        tokens.path(field.getKey()).asLong() + field.getValue().asLong()));
      }
    }
    return sum;
  }

  private void everybodyHasAWholeAnswer(String way, List<String> answers) {
    assertThat(answers).allMatch(answer -> answer.startsWith("200 ") && answer.contains("w16"));
    balance(way, answers.size());
    assertThat(produced(way, Outcome.COMPLETE)).isEqualTo(answers.size());
    assertThat(usage(way).path("failed").asLong()).isZero();
    assertThat(usage(way).path("estimated").asLong()).isZero();
  }

  @Test
  void balancesWhileCallsFallBack() {
    var answers = drive("fallback", false, false);

    everybodyHasAWholeAnswer("fallback", answers);
    assertThat(produced("fallback", Outcome.REFUSED)).isEqualTo(answers.size() / 2);
  }

  @Test
  void balancesWhileKeysRotate() {
    var answers = drive("rotate", false, false);

    everybodyHasAWholeAnswer("rotate", answers);
    assertThat(produced("rotate", Outcome.REFUSED)).isPositive();
  }

  @Test
  void balancesWhileErrorsAreHeldBack() {
    var answers = drive("held", false, false);

    everybodyHasAWholeAnswer("held", answers);
    assertThat(produced("held", Outcome.CUT)).isEqualTo(answers.size() / 2);
  }

  @Test
  void balancesWhileStreamsAreCut() {
    var answers = drive("cut", true, false);

    assertThat(answers)
        .allMatch(
            answer ->
                answer.startsWith("200 ")
                    && answer.contains("w06")
                    && !answer.contains("w07")
                    && answer.contains("error"));
    balance("cut", answers.size());
    assertThat(produced("cut", Outcome.CUT)).isEqualTo(answers.size());
    assertThat(usage("cut").path("failed").asInt()).isEqualTo(answers.size());
  }

  @Test
  void balancesWhileClientsLeave() {
    var answers = drive("gone", true, true);

    balance("gone", answers.size());
    assertThat(produced("gone", Outcome.ABANDONED)).isEqualTo(answers.size());
    assertThat(usage("gone").path("failed").asInt()).isEqualTo(answers.size());
  }
}
