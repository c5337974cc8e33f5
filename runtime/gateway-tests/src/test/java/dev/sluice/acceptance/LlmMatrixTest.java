package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestAuthority;
import dev.sluice.standin.Books;
import dev.sluice.standin.ReceivedRequest;
import dev.sluice.standin.StandIn;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * Drives the gateway with the official SDKs: each client format over each provider format, streamed
 * and not, with tools and thoughts, over HTTP/1.1 and HTTP/2, each answer checked field by field.
 */
@Tag("peers")
@ExtendWith(LeakCheck.class)
class LlmMatrixTest {
  private static final String CLIENT_KEY = "sk-of-the-client";
  private static final String PROVIDER_KEY = "sk-of-the-provider";
  private static final List<String> MODELS = List.of("at-openai", "at-anthropic", "at-gemini");

  private final StandIn standIn = StandIn.start();
  @TempDir Path folder;
  private TestAuthority authority;
  private ProtocolGateway gateway;

  @BeforeEach
  void start() {
    authority = TestAuthority.create(folder, "test");
    var certificate = authority.issue("localhost");
    gateway =
        ProtocolGateway.start(
            folder,
            """
            listeners:
              - {name: web, address: "127.0.0.1:0"}
              - {name: secure, address: "127.0.0.1:0", tls: {certificates: [{cert: "%3$s", key: "%4$s"}]}}
            providers:
              - {name: openai, format: openai, baseUrl: "%1$s/v1", keys: [{value: %2$s}]}
              - {name: anthropic, format: anthropic, baseUrl: "%1$s/v1", keys: [{value: %2$s}]}
              - {name: gemini, format: gemini, baseUrl: "%1$s/v1beta", keys: [{value: %2$s}]}
            models:
              - {name: at-openai, targets: [{provider: openai, model: stand-in}]}
              - {name: at-anthropic, targets: [{provider: anthropic, model: stand-in}]}
              - {name: at-gemini, targets: [{provider: gemini, model: stand-in}]}
            routes:
              - {name: llm, match: {path: {prefix: /}}, ai: {}}
            """
                .formatted(standIn.url(), PROVIDER_KEY, certificate.cert(), certificate.key()));
  }

  @AfterEach
  void stop() {
    gateway.close();
    standIn.close();
  }

  private List<JsonNode> run(LlmSdk sdk, boolean http2) {
    boolean secure = http2 && sdk.needsTlsForHttp2();
    String url =
        secure
            ? "https://localhost:" + gateway.port("secure")
            : "http://127.0.0.1:" + gateway.port("web");
    return http2
        ? sdk.runOverHttp2(url, CLIENT_KEY, authority.ca(), MODELS)
        : sdk.run(url, CLIENT_KEY, MODELS);
  }

  static Stream<Arguments> clients() {
    return Stream.of(LlmSdk.values())
        .flatMap(sdk -> Stream.of(Arguments.of(sdk, false), Arguments.of(sdk, true)));
  }

  @ParameterizedTest(name = "{0}, HTTP/2: {1}")
  @MethodSource("clients")
  void answersTheSdkWhoeverTheProviderIs(LlmSdk sdk, boolean http2) {
    LlmScenario.check(sdk.api, MODELS, run(sdk, http2));

    Books books = standIn.books();
    assertThat(books.complete().exchanges()).isEqualTo(11L * MODELS.size());
    assertThat(books.cut().exchanges()).isEqualTo(2L * MODELS.size());
    assertThat(books.refused()).isEqualTo(2L * MODELS.size());
    for (ReceivedRequest request : standIn.requests()) {
      assertThat(request.headers().toString() + request.path())
          .as("the provider gets its own key, and never the client's")
          .contains(PROVIDER_KEY)
          .doesNotContain(CLIENT_KEY);
    }
    String protocol = "\"protocol\":\"" + (http2 ? "HTTP/2" : "HTTP/1.1") + '"';
    await()
        .untilAsserted(
            () ->
                assertThat(gateway.accessLog())
                    .hasSize(15 * MODELS.size())
                    .allSatisfy(line -> assertThat(line).contains(protocol)));
  }
}
