package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.testing.LeakCheck;
import dev.sluice.standin.ProducedAnswer.Outcome;
import dev.sluice.standin.StandIn;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Leads calls through a whole gateway to Bedrock, whose signatures the stand-in checks. */
@ExtendWith(LeakCheck.class)
class LlmBedrockTest {
  private static final String TEXT = "Project Bluebird is on Friday.";

  @TempDir private Path folder;
  private final StandIn bedrock = StandIn.start();
  private ProtocolGateway gateway;
  private LlmClient client;

  @BeforeEach
  void start() {
    gateway =
        ProtocolGateway.start(
            folder,
            """
            listeners: [{name: web, address: "127.0.0.1:0"}]
            providers:
              - name: bedrock
                format: bedrock
                region: eu-central-1
                baseUrl: "%1$s"
                keys: [{name: good, accessKeyId: AKIAGOOD, secretAccessKey: secret-of-AKIAGOOD, sessionToken: "token/with+signs=="}]
              - name: two-keys
                format: bedrock
                region: eu-central-1
                baseUrl: "%1$s"
                keys:
                  - {name: bad, accessKeyId: AKIABAD, secretAccessKey: of-somebody-else, weight: 1000}
                  - {name: good, accessKeyId: AKIAGOOD, secretAccessKey: secret-of-AKIAGOOD}
              - {name: by-token, format: bedrock, region: eu-central-1, baseUrl: "%1$s", keys: [{value: bedrock-api-key}]}
              - {name: other, format: openai, baseUrl: "%1$s/v1", keys: [{value: sk-other}]}
            models:
              - {name: claude, targets: [{provider: bedrock, model: "eu.anthropic.claude-sonnet-4-20250514-v1:0"}]}
              - {name: rotating, targets: [{provider: two-keys, model: "anthropic.claude-v2:1"}]}
              - {name: token, targets: [{provider: by-token, model: "anthropic.claude-v2:1"}]}
              - {name: open, targets: [{provider: bedrock, model: "openai.gpt-oss-20b-1:0"}]}
              - name: saved
                targets: [{provider: bedrock, model: "anthropic.claude-v2:1"}]
                fallback: [{provider: other, model: gpt}]
            routes: [{name: llm, match: {path: {prefix: /}}, ai: {}}]
            """
                .formatted(bedrock.url()));
    client = new LlmClient(gateway.port("web"));
  }

  @AfterEach
  void stop() {
    client.close();
    gateway.close();
    bedrock.close();
  }

  private long produced(String operation, Outcome outcome) {
    return bedrock.answers().stream()
        .filter(answer -> answer.operation().equals(operation) && answer.outcome() == outcome)
        .count();
  }

  @Test
  void answersClientsOfOtherFormatsAndItsOwn() {
    var chat = client.chat("claude", "Any news?", false);
    assertThat(chat.statusCode()).as(chat.body()).isEqualTo(200);
    assertThat(LlmClient.json(chat.body()).at("/choices/0/message/content").asString())
        .contains(TEXT);
    assertThat(LlmClient.json(chat.body()).at("/usage/prompt_tokens").asInt()).isEqualTo(2);

    var message = client.message("claude", "Any news?", false);
    assertThat(LlmClient.json(message.body()).at("/content/0/text").asString()).contains(TEXT);

    assertThat(produced("bedrock.invoke", Outcome.COMPLETE)).isEqualTo(2);
    var received = bedrock.requests().getFirst();
    assertThat(received.path())
        .isEqualTo("/model/eu.anthropic.claude-sonnet-4-20250514-v1%3A0/invoke");
    assertThat(received.headers().get("authorization"))
        .startsWith("AWS4-HMAC-SHA256 Credential=AKIAGOOD/")
        .contains("/eu-central-1/bedrock/aws4_request");
    assertThat(received.headers()).containsEntry("x-amz-security-token", "token/with+signs==");
  }

  @Test
  void streamsItsEventStreamAsServerSentEvents() {
    var chat = client.chat("claude", "Any news?", true);
    assertThat(chat.headers().firstValue("content-type")).get().isEqualTo("text/event-stream");
    assertThat(chat.body())
        .contains("chat.completion.chunk", "Bluebird", "\"prompt_tokens\":2")
        .endsWith("data: [DONE]\n\n");

    var message = client.message("claude", "Any news?", true);
    assertThat(message.body())
        .contains("event: message_start", "Bluebird", "\"output_tokens\":")
        .contains("event: message_stop");

    assertThat(produced("bedrock.invoke", Outcome.COMPLETE)).isEqualTo(2);
    assertThat(bedrock.requests().getFirst().path()).endsWith("/invoke-with-response-stream");
  }

  @Test
  void readsAStreamThatIsSplitAnywhere() {
    bedrock.behave("AKIAGOOD", "split=3");

    assertThat(client.message("claude", "Any news?", true).body())
        .contains("Bluebird")
        .contains("event: message_stop");
  }

  @Test
  void asksForOtherModelsInOpenAisFormatSignedToo() {
    assertThat(client.chat("open", "Any news?", true).body()).endsWith("data: [DONE]\n\n");
    assertThat(client.message("open", "Any news?", false).body()).contains(TEXT);

    assertThat(produced("openai.chat", Outcome.COMPLETE)).isEqualTo(2);
    assertThat(bedrock.requests().getFirst().path()).isEqualTo("/openai/v1/chat/completions");
  }

  @Test
  void rotatesKeysWhoseSignatureIsRefused() {
    for (int i = 0; i < 5; i++) {
      assertThat(client.message("rotating", "Any news?", i % 2 == 0).statusCode()).isEqualTo(200);
    }

    // A 403 may be about the model: three in a row leave a key out.
    assertThat(produced("bedrock.invoke", Outcome.REFUSED)).isBetween(1L, 3L);
    assertThat(produced("bedrock.invoke", Outcome.COMPLETE)).isEqualTo(5);
  }

  @Test
  void takesAnApiKeyForABearerToken() {
    assertThat(client.message("token", "Any news?", true).body()).contains("event: message_stop");

    assertThat(bedrock.requests().getFirst().headers())
        .containsEntry("authorization", "Bearer bedrock-api-key");
  }

  @Test
  void tellsErrorsInTheCallersWords() {
    bedrock.behave("AKIAGOOD", "status=429 retry-after=7");
    var refused = client.chat("claude", "Any news?", false);
    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(LlmClient.json(refused.body()).at("/error/message").asString())
        .contains("status 429");
    assertThat(client.message("saved", "Any news?", true).body()).contains("event: message_stop");
  }

  @Test
  void fallsBackOnAnExceptionBeforeContentAndTellsALaterOne() {
    bedrock.behave("AKIAGOOD", "fail=2");
    assertThat(client.chat("saved", "Any news?", true).body())
        .contains("Bluebird")
        .endsWith("data: [DONE]\n\n");
    assertThat(produced("openai.chat", Outcome.COMPLETE)).isEqualTo(1);

    bedrock.behave("AKIAGOOD", "fail=8");
    assertThat(client.message("saved", "Any news?", true).body())
        .contains("event: error", "rate_limit_error")
        .doesNotContain("message_stop");
  }

  @Test
  void tellsABrokenEventStreamAsAnError() {
    bedrock.behave("AKIAGOOD", "cut=8");

    assertThat(client.chat("claude", "Any news?", true).body())
        .contains("\"error\"")
        .doesNotContain("[DONE]");
  }
}
