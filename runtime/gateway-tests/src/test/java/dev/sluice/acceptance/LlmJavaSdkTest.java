package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.errors.RateLimitException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestAuthority;
import dev.sluice.standin.StandIn;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Drives the gateway with OpenAI's SDK for Java, over providers of each format: in HTTP/1.1 without
 * TLS, in HTTP/2 with it.
 */
@ParameterizedClass(name = "HTTP/2: {0}")
@ValueSource(booleans = {false, true})
@ExtendWith(LeakCheck.class)
class LlmJavaSdkTest {
  private static final String TEXT =
      "I may not say much, but between us: the launch of Project Bluebird is on Friday.";

  @TempDir private Path folder;
  @Parameter private boolean http2;
  private final StandIn provider = StandIn.start();
  private ProtocolGateway gateway;
  private OpenAIClient client;

  @BeforeEach
  void start() {
    var authority = TestAuthority.create(folder, "test");
    var certificate = authority.issue("localhost");
    gateway =
        ProtocolGateway.start(
            folder,
            """
            listeners:
              - {name: web, address: "127.0.0.1:0"}
              - {name: secure, address: "127.0.0.1:0", tls: {certificates: [{cert: "%2$s", key: "%3$s"}]}}
            providers:
              - {name: openai, format: openai, baseUrl: "%1$s/v1", keys: [{value: sk-provider}]}
              - {name: anthropic, format: anthropic, baseUrl: "%1$s/v1", keys: [{value: sk-provider}]}
              - {name: gemini, format: gemini, baseUrl: "%1$s/v1beta", keys: [{value: sk-provider}]}
            models:
              - {name: at-openai, targets: [{provider: openai, model: stand-in}]}
              - {name: at-anthropic, targets: [{provider: anthropic, model: stand-in}]}
              - {name: at-gemini, targets: [{provider: gemini, model: stand-in}]}
            routes: [{name: llm, match: {path: {prefix: /}}, ai: {}}]
            """
                .formatted(provider.url(), certificate.cert(), certificate.key()));
    var builder = OpenAIOkHttpClient.builder().apiKey("sk-client").maxRetries(0);
    if (http2) {
      builder
          .baseUrl("https://localhost:" + gateway.port("secure") + "/v1")
          .sslSocketFactory(authority.context().getSocketFactory())
          .trustManager(authority.trustManager());
    } else {
      builder.baseUrl("http://127.0.0.1:" + gateway.port("web") + "/v1");
    }
    client = builder.build();
  }

  @AfterEach
  void stop() {
    client.close();
    gateway.close();
    provider.close();
  }

  private void checkProtocol(int exchanges) {
    String protocol = "\"protocol\":\"" + (http2 ? "HTTP/2" : "HTTP/1.1") + '"';
    await()
        .untilAsserted(
            () ->
                assertThat(gateway.accessLog())
                    .hasSize(exchanges)
                    .allSatisfy(line -> assertThat(line).contains(protocol)));
  }

  private static ChatCompletionCreateParams.Builder asking(String model, String text) {
    return ChatCompletionCreateParams.builder().model(model).addUserMessage(text);
  }

  private ChatCompletion streamed(ChatCompletionCreateParams asked) {
    var usage = ChatCompletionStreamOptions.builder().includeUsage(true).build();
    var params = asked.toBuilder().streamOptions(usage).build();
    var all = ChatCompletionAccumulator.create();
    try (var stream = client.chat().completions().createStreaming(params)) {
      stream.stream().forEach(all::accumulate);
    }
    return all.chatCompletion();
  }

  private ChatCompletion whole(ChatCompletionCreateParams.Builder params) {
    return client.chat().completions().create(params.build());
  }

  private static void check(ChatCompletion answer, String text) {
    var choice = answer.choices().getFirst();
    assertThat(choice.message().content()).contains(text);
    assertThat(choice.finishReason().asString()).isEqualTo("stop");
    assertThat(answer.usage().orElseThrow().promptTokens()).isPositive();
    assertThat(answer.usage().orElseThrow().completionTokens())
        .isEqualTo(text.split(" ", -1).length);
  }

  @ParameterizedTest
  @ValueSource(strings = {"at-openai", "at-anthropic", "at-gemini"})
  void readsAnswersAndStreams(String model) {
    check(whole(asking(model, "Any news?")), TEXT);
    check(streamed(asking(model, "Any news?").build()), TEXT);

    assertThat(provider.requests().toString()).contains("sk-provider").doesNotContain("sk-client");
    checkProtocol(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"at-openai", "at-anthropic", "at-gemini"})
  void callsToolsAndAnswersThem(String model) {
    var look =
        FunctionDefinition.builder()
            .name("look")
            .description("Looks for something")
            .parameters(
                FunctionParameters.builder()
                    .putAdditionalProperty("type", JsonValue.from("object"))
                    .putAdditionalProperty(
                        "properties", JsonValue.from(Map.of("what", Map.of("type", "string"))))
                    .putAdditionalProperty("required", JsonValue.from(List.of("what")))
                    .build())
            .build();
    var params = asking(model, "Please look.").addFunctionTool(look);

    var answer = streamed(params.build());
    var message = answer.choices().getFirst().message();
    var call = message.toolCalls().orElseThrow().getFirst().asFunction();
    assertThat(answer.choices().getFirst().finishReason().asString()).isEqualTo("tool_calls");
    assertThat(call.function().name()).isEqualTo("look");
    assertThat(LlmClient.json(call.function().arguments()).path("what").asString())
        .isEqualTo("Zürich \"1\"");

    params.addMessage(message);
    params.addMessage(
        ChatCompletionToolMessageParam.builder()
            .toolCallId(call.id())
            .content("nothing found")
            .build());
    check(whole(params), "The tools say: nothing found");
    checkProtocol(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"at-openai", "at-anthropic", "at-gemini"})
  void readsErrors(String model) {
    provider.behave("sk-provider", "status=429");

    assertThatThrownBy(() -> whole(asking(model, "Any news?")))
        .isInstanceOf(RateLimitException.class)
        .hasMessageContaining("status 429");
    checkProtocol(1);
  }
}
