package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.standin.StandIn;
import dev.sluice.standin.StandInOptions;
import java.time.Duration;

/**
 * Holds a plugin to what each language's test plugin does with LLM calls: read roles and texts,
 * edit, refuse, answer, change what streams, see the end.
 */
final class LlmPluginChecks {
  private final StandIn provider;
  private final LlmClient client;
  private final String plugin;

  /**
   * @param provider what {@link #provider} returned
   * @param client of a route that the plugin is on
   */
  LlmPluginChecks(StandIn provider, LlmClient client, String plugin) {
    this.provider = provider;
    this.client = client;
    this.plugin = plugin;
    provider.forget();
  }

  /** Returns a provider that says what plugins find something in. */
  static StandIn provider() {
    return StandIn.start(StandInOptions.DEFAULT.saying("It may not say that Bluebird flies."));
  }

  /** Returns providers and models of a configuration. */
  static String models(StandIn provider) {
    return """
    providers: [{name: p, format: anthropic, baseUrl: "%s/v1"}]
    models:
      - {name: big, targets: [{provider: p, model: claude-big}]}
      - {name: small, targets: [{provider: p, model: claude-small}]}
    """
        .formatted(provider.url());
  }

  void readsAndEditsWhateverTheFormats() {
    var body =
        LlmClient.json(
            """
            {"model":"big","temperature":0.5,"max_tokens":50,"unknown":{"kept":1},
             "tools":[{"type":"function","function":{"name":"look","parameters":{"type":"object"}}}],
             "messages":[{"role":"system","content":"no secret is changed here"},
               {"role":"user","content":[{"type":"text","text":"a secret, a small one"}]}]}
            """);
    var answer = client.post("/v1/chat/completions", body);

    // A field that the other format has no word for is refused by name.
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
    ((tools.jackson.databind.node.ObjectNode) body).remove("unknown");
    answer = client.post("/v1/chat/completions", body);

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    var sent = LlmClient.json(provider.requests().getLast().body());
    assertThat(sent.path("model").asString()).isEqualTo("claude-small");
    assertThat(sent.toString())
        .contains("a ******, a small one", "no secret is changed here")
        .contains(
            "[\\\"openai.chat\\\",\\\"big\\\",false,50,\\\"look\\\",\\\"0.5\\\",",
            "system+user\\\",true]");
    assertThat(LlmClient.json(answer.body()).at("/choices/0/message/content").asString())
        .as("an answer that is not streamed has one delta")
        .isEqualTo(" [It may not say that Bluebird flies.]");
  }

  void changesWhatStreams() {
    var chat = client.chat("big", "Any news?", true).body();
    assertThat(texts(chat)).isEqualTo("It may say that Redbird flies. [not]");
    assertThat(chat).endsWith("data: [DONE]\n\n");

    var message = client.message("big", "Any news?", true).body();
    assertThat(texts(message)).isEqualTo("It may say that Redbird flies. [not]");
    assertThat(message).contains("event: message_stop");
  }

  private static String texts(String stream) {
    var text = new StringBuilder();
    for (var line : stream.split("\n", -1)) {
      if (line.startsWith("data: {")) {
        var frame = LlmClient.json(line.substring(6));
        text.append(frame.at("/choices/0/delta/content").asString(""));
        text.append(frame.at("/delta/text").asString(""));
      }
    }
    return text.toString();
  }

  void refusesAndAnswersInTheCallersWords() {
    var refused = client.message("big", "what is forbidden", true);
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(refused.body()).contains("\"type\":\"error\"", "not in /messages/0/content");

    var polite = client.chat("big", "politely", false);
    assertThat(polite.statusCode()).isEqualTo(200);
    assertThat(LlmClient.json(polite.body()).at("/choices/0/message/content").asString())
        .as("events of its own pass the plugin too")
        .isEqualTo("Rather no. []");

    var cached = client.message("big", "cached", true);
    assertThat(texts(cached.body())).isEqualTo("from memory []");
    assertThat(cached.body()).contains("event: message_stop");
    assertThat(provider.answers()).isEmpty();
  }

  void seesTheEnd() {
    var log = PluginLog.of(plugin);
    client.chat("big", "Any news?", true);
    client.chat("big", "forbidden", false);

    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () ->
                assertThat(log.text())
                    .contains("end complete claude-big p 7 false")
                    .contains("end refused"));
  }
}
