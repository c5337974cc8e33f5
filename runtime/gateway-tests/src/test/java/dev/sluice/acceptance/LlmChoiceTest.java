package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.standin.ProducedAnswer;
import dev.sluice.standin.StandIn;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Has a whole gateway choose models by what calls resemble. */
class LlmChoiceTest {
  @TempDir private Path folder;
  private final StandIn provider = StandIn.start();
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

  private LlmClient start(String embeddings) {
    var gateway =
        ProtocolGateway.start(
            folder,
            """
            listeners: [{name: web, address: "127.0.0.1:0"}]
            %2$s
            providers: [{name: p, format: openai, baseUrl: "%1$s/v1"}]
            models:
              - name: shop
                targets: [{provider: p, model: usual}]
                choose:
                  - when: {similar: [I want my money back, How do I return an item?], similarity: 0.45}
                    targets: [{provider: p, model: returns}]
                  - name: invoices
                    when: {keywords: [invoice]}
                    targets: [{provider: p, model: accounts}]
            routes: [{name: llm, match: {path: {prefix: /}}, ai: {}}]
            """
                .formatted(provider.url(), embeddings));
    opened.push(gateway);
    var client = new LlmClient(gateway.port("web"));
    opened.push(client);
    return client;
  }

  @AfterEach
  void stop() throws Exception {
    for (var part : opened) {
      part.close();
    }
    provider.close();
  }

  private static String chosen(LlmClient client, String text) {
    var answer = client.chat("shop", text, false);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return LlmClient.json(answer.body()).path("model").asString();
  }

  private List<ProducedAnswer> embeddings() {
    return provider.answers().stream()
        .filter(answer -> answer.operation().equals("openai.embeddings"))
        .toList();
  }

  @Test
  void choosesByWhatTheModelInTheProcessFindsSimilar() {
    var client = start("");

    // The first calls may come before the model is loaded.
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () ->
                assertThat(chosen(client, "Please, how can I send an item back?"))
                    .isEqualTo("returns"));
    assertThat(chosen(client, "Write a poem about the stars above the sea.")).isEqualTo("usual");
    assertThat(chosen(client, "Where do I find the invoice of my last order, please?"))
        .as("a rule by words counts where the one before it does not fit")
        .isEqualTo("accounts");
    assertThat(client.chat("shop", "I would like to return a broken item", true).body())
        .contains("\"model\":\"returns\"")
        .endsWith("data: [DONE]\n\n");
  }

  @Test
  void embedsExamplesOnceAndEachTextOnce() {
    var client = start("embeddings: {url: \"%s/v1\", model: small}".formatted(provider.url()));

    for (int i = 0; i < 3; i++) {
      chosen(client, "question " + i);
    }

    assertThat(embeddings()).hasSize(1 + 3);
  }

  @Test
  void goesOnWithoutEmbeddingsAndSaysSoOnce() {
    var lines = new ListAppender<ILoggingEvent>();
    lines.start();
    ((Logger) LoggerFactory.getLogger("dev.sluice.providers")).addAppender(lines);
    provider.behave("sk-embeddings", "status=500");
    var client =
        start(
            "embeddings: {url: \"%s/v1\", model: small, apiKey: sk-embeddings}"
                .formatted(provider.url()));

    assertThat(chosen(client, "I want my money back")).isEqualTo("usual");
    assertThat(chosen(client, "An invoice for my order")).isEqualTo("accounts");
    assertThat(List.copyOf(lines.list))
        .filteredOn(line -> line.getFormattedMessage().contains("chosen without similarity"))
        .hasSize(1);
  }

  @Test
  void waitsForEmbeddingsNoLongerThanItMay() {
    provider.behave("sk-embeddings", "hang=0");
    var client =
        start(
            "embeddings: {url: \"%s/v1\", model: small, apiKey: sk-embeddings}"
                .formatted(provider.url()));

    assertThat(chosen(client, "I want my money back")).isEqualTo("usual");
  }
}
