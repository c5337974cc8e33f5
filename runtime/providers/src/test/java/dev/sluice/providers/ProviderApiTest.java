package dev.sluice.providers;

import static dev.sluice.providers.Calls.chat;
import static dev.sluice.providers.Calls.choose;
import static dev.sluice.providers.Calls.provider;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ai.AiCall;
import dev.sluice.ai.AiFormat;
import dev.sluice.ai.ModelRouter.Target;
import dev.sluice.plugin.Headers;
import dev.sluice.providers.Calls.Caller;
import dev.sluice.providers.ModelTarget.BedrockApi;
import dev.sluice.providers.internal.aws.Frames;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Says how each kind of provider is asked: path, key, own fields, body. */
class ProviderApiTest {
  private static final String CLAUDE =
      "{\"model\":\"m\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

  private final HandClock clock = new HandClock();
  private final Providers providers = new Providers(clock);

  /** Is what is sent. */
  private record Sent(Target target, Headers headers, String body) {
    String path() {
      return headers.get(":path", "");
    }
  }

  private Sent send(ProviderSpec provider, ModelTarget to, AiCall call, String... client) {
    var routing =
        providers.routing(new RoutingSpec(List.of(provider), List.of(ModelSpec.of("m", to))));
    var target = Objects.requireNonNull(choose(routing, call, new Caller(1, client)).next(null));
    var asked =
        target.framed(
            call.forProvider(
                call.protocolAt(target.format()), target.model(), target.streamUsage()));
    var headers =
        Headers.of(
            ":method",
            "POST",
            ":path",
            asked.path(),
            ":scheme",
            "https",
            ":authority",
            target.authority(),
            "content-type",
            "application/json");
    target.sign(asked, headers);
    return new Sent(target, headers, new String(asked.body(), UTF_8));
  }

  private static ProviderSpec with(
      ProviderSpec spec, boolean bearer, Map<String, String> headers, String version) {
    return new ProviderSpec(
        spec.name(),
        spec.format(),
        spec.baseUrl(),
        bearer,
        spec.keys(),
        headers,
        version,
        spec.region(),
        spec.streamUsage(),
        spec.link(),
        spec.timeouts(),
        spec.keyPolicy(),
        spec.health());
  }

  @Test
  void asksOpenAi() {
    var spec =
        with(
            provider("p", ProviderFormat.OPENAI, "https://h.example.com:8443/base/v1/", "k"),
            false,
            Map.of("openai-organization", "org"),
            "");

    var sent =
        send(
            spec,
            ModelTarget.of("p", "gpt"),
            chat("m"),
            "openai-beta",
            "x",
            "openai-organization",
            "mine");

    assertThat(sent.path()).isEqualTo("/base/v1/chat/completions");
    assertThat(sent.headers().get(":authority")).isEqualTo("h.example.com:8443");
    assertThat(sent.headers().get("authorization")).isEqualTo("Bearer sk-k");
    assertThat(sent.headers().getAll("openai-organization")).containsExactly("org");
    assertThat(sent.headers().get("openai-beta")).isEqualTo("x");
    assertThat(sent.body()).contains("\"model\":\"gpt\"");
  }

  @Test
  void sendsNoKeyWhereThereIsNone() {
    var sent = send(provider("p"), ModelTarget.of("p", ""), chat("m"));

    assertThat(sent.headers().contains("authorization")).isFalse();
    assertThat(sent.body()).contains("\"model\":\"m\"");
  }

  @Test
  void doesNotAskForUsageWhereThatIsUnknown() {
    var spec = provider("p");
    var old =
        new ProviderSpec(
            "p",
            spec.format(),
            spec.baseUrl(),
            false,
            spec.keys(),
            Map.of(),
            "",
            "",
            false,
            spec.link(),
            spec.timeouts(),
            spec.keyPolicy(),
            spec.health());
    var stream = chat("m", "hi", ",\"stream\":true");
    var claude = Calls.call("/v1/messages", CLAUDE.replace("{\"model", "{\"stream\":true,\"model"));

    assertThat(send(spec, ModelTarget.of("p", ""), stream).body()).contains("include_usage");
    assertThat(send(old, ModelTarget.of("p", ""), stream).body()).doesNotContain("stream_options");
    assertThat(send(old, ModelTarget.of("p", ""), claude).body()).doesNotContain("stream_options");
  }

  @Test
  void asksAzureByDeploymentOrByItsNewPaths() {
    var plain = provider("az", ProviderFormat.AZURE, "https://r.openai.azure.com", "k");
    var versioned = with(plain, false, Map.of(), "2024-10-21");
    var to = ModelTarget.of("az", "my gpt");

    assertThat(send(versioned, to, chat("m")).path())
        .isEqualTo("/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21");
    assertThat(
            send(versioned, to, Calls.call("/v1/responses", "{\"model\":\"m\",\"input\":\"hi\"}"))
                .path())
        .isEqualTo("/openai/responses?api-version=2024-10-21");
    assertThat(send(plain, to, chat("m")).path()).isEqualTo("/openai/v1/chat/completions");
    assertThat(send(plain, to, chat("m")).headers().get("api-key")).isEqualTo("sk-k");
    var bearer = send(with(plain, true, Map.of(), ""), to, chat("m")).headers();
    assertThat(bearer.get("authorization")).isEqualTo("Bearer sk-k");
    assertThat(bearer.contains("api-key")).isFalse();
  }

  @Test
  void asksAnthropic() {
    var spec = provider("p", ProviderFormat.ANTHROPIC, "https://api.anthropic.com/v1", "k");
    var to = ModelTarget.of("p", "claude");

    var translated = send(spec, to, chat("m"), "anthropic-beta", "mine");
    assertThat(translated.path()).isEqualTo("/v1/messages");
    assertThat(translated.headers().get("x-api-key")).isEqualTo("sk-k");
    assertThat(translated.headers().get("anthropic-version")).isEqualTo("2023-06-01");
    assertThat(translated.headers().contains("anthropic-beta")).isFalse();

    var same =
        send(
            spec,
            to,
            Calls.call("/v1/messages", CLAUDE),
            "anthropic-beta",
            "a",
            "anthropic-beta",
            "b",
            "anthropic-version",
            "2099-01-01");
    assertThat(same.headers().getAll("anthropic-beta")).containsExactly("a", "b");
    assertThat(same.headers().getAll("anthropic-version")).containsExactly("2099-01-01");
  }

  @Test
  void asksGemini() {
    var spec = provider("p", ProviderFormat.GEMINI, "https://g.example.com/v1beta", "k");

    var sent = send(spec, ModelTarget.of("p", "gemini-2"), chat("m", "hi", ",\"stream\":true"));

    assertThat(sent.path()).isEqualTo("/v1beta/models/gemini-2:streamGenerateContent?alt=sse");
    assertThat(sent.headers().get("x-goog-api-key")).isEqualTo("sk-k");
    assertThat(
            send(with(spec, true, Map.of(), ""), ModelTarget.of("p", "g"), chat("m"))
                .headers()
                .get("authorization"))
        .isEqualTo("Bearer sk-k");
  }

  private static ProviderSpec bedrock(Secret secret) {
    return provider(
        "p",
        ProviderFormat.BEDROCK,
        "https://bedrock-runtime.eu-central-1.amazonaws.com",
        List.of(new ProviderKey("k", secret, 1, 0)));
  }

  @Test
  void asksBedrockForAnthropicsModels() {
    var spec = bedrock(new Secret.AwsKeys("AKIA", "secret", "token"));
    var to = ModelTarget.of("p", "eu.anthropic.claude-sonnet-4-v1:0");

    var whole = send(spec, to, Calls.call("/v1/messages", CLAUDE), "anthropic-beta", "a, b");
    assertThat(whole.target().format()).isEqualTo(AiFormat.ANTHROPIC);
    assertThat(whole.path()).isEqualTo("/model/eu.anthropic.claude-sonnet-4-v1%3A0/invoke");
    assertThat(whole.body())
        .isEqualTo(
            "{\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],"
                + "\"anthropic_version\":\"bedrock-2023-05-31\",\"anthropic_beta\":[\"a\",\"b\"]}");
    assertThat(whole.headers().get("authorization"))
        .startsWith("AWS4-HMAC-SHA256 Credential=AKIA/20261129/eu-central-1/bedrock/aws4_request,")
        .contains("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,");
    assertThat(whole.headers().get("x-amz-security-token")).isEqualTo("token");

    var stream = send(spec, to, chat("m", "hi", ",\"stream\":true"));
    assertThat(stream.path()).endsWith("/invoke-with-response-stream");
    assertThat(stream.body()).doesNotContain("\"stream\"").contains("anthropic_version");
    assertThat(stream.headers().contains("anthropic-version")).isFalse();
    var decoder = Objects.requireNonNull(stream.target().decoder());
    assertThat(decoder.contentType(200, "application/vnd.amazon.eventstream"))
        .isEqualTo("text/event-stream");
    var chunk = Frames.chunk("{\"type\":\"ping\"}");
    assertThat(new String(decoder.decode(chunk, 0, chunk.length, true), UTF_8))
        .isEqualTo("event: ping\ndata: {\"type\":\"ping\"}\n\n");
  }

  @Test
  void asksBedrockForOtherModels() {
    var spec = bedrock(new Secret.ApiKey("api-key"));

    var sent = send(spec, ModelTarget.of("p", "openai.gpt-oss-120b-1:0"), chat("m"));

    assertThat(sent.target().format()).isEqualTo(AiFormat.OPENAI);
    assertThat(sent.path()).isEqualTo("/openai/v1/chat/completions");
    assertThat(sent.headers().get("authorization")).isEqualTo("Bearer api-key");
    assertThat(sent.target().decoder()).isNull();
  }

  @Test
  void asksBedrockByTheApiThatATargetNames() {
    var arn = "arn:aws:bedrock:eu-central-1:1:application-inference-profile/x";
    var to = new ModelTarget("p", arn, 1, 0, 0, null, null, BedrockApi.INVOKE);

    assertThat(send(bedrock(new Secret.ApiKey("k")), to, chat("m")).path())
        .isEqualTo(
            "/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A1%3Aapplication-inference-profile%2Fx/invoke");
  }

  @Test
  void refusesAnOperationThatBedrockDoesNotHave() {
    var routing =
        providers.routing(
            new RoutingSpec(
                List.of(bedrock(new Secret.ApiKey("k"))),
                List.of(ModelSpec.of("m", ModelTarget.of("p", "anthropic.claude")))));
    var count = Calls.call("/v1/messages/count_tokens", CLAUDE.replace("\"max_tokens\":5,", ""));

    var choice = choose(routing, count, new Caller(1));

    assertThat(choice.next(null)).isNull();
    assertThat(Objects.requireNonNull(choice.refusal()).code()).isEqualTo("unsupported_operation");
  }

  @Test
  void becomesAnUpstream() {
    var secure = provider("p", ProviderFormat.OPENAI, "https://h.example.com/v1").upstream();
    assertThat(secure.name()).isEqualTo("provider:p");
    assertThat(secure.endpoints().getFirst().port()).isEqualTo(443);
    assertThat(Objects.requireNonNull(secure.tls()).insecureSkipVerify()).isFalse();

    var plain = provider("p").at(URI.create("http://[::1]:11434/v1")).upstream();
    assertThat(plain.endpoints().getFirst().host()).isEqualTo("::1");
    assertThat(plain.endpoints().getFirst().port()).isEqualTo(11434);
    assertThat(plain.tls()).isNull();
  }

  @Test
  void showsNoSecret() {
    var spec = bedrock(new Secret.AwsKeys("AKIA", "hush", "hush"));

    assertThat(spec.toString()).doesNotContain("hush").doesNotContain("AKIA");
    assertThat(provider("p", "k").toString()).doesNotContain("sk-k");
  }
}
