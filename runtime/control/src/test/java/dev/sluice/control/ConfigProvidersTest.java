package dev.sluice.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ai.AiRoute;
import dev.sluice.ai.Concern;
import dev.sluice.providers.ModelSpec.Strategy;
import dev.sluice.providers.ProviderFormat;
import dev.sluice.providers.Secret;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Reads {@code providers}, {@code models} and {@code routes[].ai}, and says what is wrong there.
 */
class ConfigProvidersTest {
  private static final String LISTENER = "listeners: [{name: web, address: \"127.0.0.1:0\"}]\n";

  @TempDir private Path folder;
  private Problems problems = new Problems(Path.of(""));

  @BeforeEach
  void start() {
    problems = new Problems(folder);
  }

  /** Returns the errors of a provider that stands in line 2 from column 13. */
  private List<String> provider(String fields) {
    return problems.of(LISTENER + "providers: [{name: p, " + fields + "}]");
  }

  /** Returns the errors of a model that stands in line 3. */
  private List<String> model(String fields) {
    return problems.of(
        LISTENER + "providers: [{name: p, preset: ollama}]\nmodels: [{name: m, " + fields + "}]");
  }

  @Test
  void readsAll() {
    var config =
        problems.read(
            LISTENER
                + """
                providers:
                  - name: openai
                    format: openai
                    keys: [{name: a, value: sk-a, weight: 2, concurrency: 5}, {value: sk-b}]
                    headers: {OpenAI-Organization: org-1}
                    timeouts: {firstToken: 30s}
                  - {name: deepseek, preset: deepseek, keys: [{value: k}]}
                  - {name: mistral, preset: mistral, baseUrl: "http://127.0.0.1:1/v1"}
                  - {name: az, format: azure, baseUrl: "https://r.openai.azure.com", apiVersion: 2024-10-21, auth: bearer}
                  - name: aws
                    format: bedrock
                    region: eu-central-1
                    keys: [{accessKeyId: AKIA, secretAccessKey: "s/+", sessionToken: t}]
                models:
                  - name: gpt-4o
                    strategy: least_cost
                    price: {input: 2.5, output: 10}
                    contextLength: 128000
                    targets: [{provider: openai, weight: 95}, {provider: az, model: d, weight: 5, price: {input: 2, output: 8}}]
                    fallback: [{provider: aws, model: anthropic.claude, timeouts: {total: 1m}}]
                    canary: [{when: {header: X-Group, in: [beta]}, percent: 12.5, sticky: "header:X-Id", targets: [{provider: deepseek}]}]
                    choose: [{when: {keywords: [sql]}, targets: [{provider: mistral}]}]
                  - {name: "gpt-*", targets: [{provider: openai}]}
                  - {name: "~(.*)-x", targets: [{provider: openai, model: $1}]}
                routes:
                  - {name: llm, match: {path: {prefix: /v1/}}, ai: {allow: [content_elsewhere], bodyLimit: 1MiB}}
                """);

    var routing = config.routing();
    var openai = routing.providers().getFirst();
    assertThat(openai.baseUrl()).hasToString("https://api.openai.com/v1");
    assertThat(openai.keys())
        .extracting(k -> k.name() + k.weight() + k.concurrency())
        .containsExactly("a25", "210");
    assertThat(openai.headers()).containsEntry("openai-organization", "org-1");
    assertThat(openai.timeouts().firstToken()).isEqualTo(Duration.ofSeconds(30));
    assertThat(openai.timeouts().connect()).isEqualTo(Duration.ofSeconds(5));
    assertThat(routing.providers().get(1).baseUrl()).hasToString("https://api.deepseek.com/v1");
    assertThat(routing.providers().get(2).streamUsage()).isFalse();
    assertThat(routing.providers().get(3).bearer()).isTrue();
    var aws = routing.providers().get(4);
    assertThat(aws.format()).isEqualTo(ProviderFormat.BEDROCK);
    assertThat(aws.baseUrl()).hasToString("https://bedrock-runtime.eu-central-1.amazonaws.com");
    assertThat(aws.keys().getFirst().secret()).isEqualTo(new Secret.AwsKeys("AKIA", "s/+", "t"));
    assertThat(config.toString()).doesNotContain("sk-a").doesNotContain("s/+");

    var model = routing.models().getFirst();
    assertThat(model.strategy()).isEqualTo(Strategy.LEAST_COST);
    assertThat(Objects.requireNonNull(model.targets().get(0).cost()).input()).isEqualTo(2.5e-6);
    assertThat(Objects.requireNonNull(model.targets().get(1).cost()).input()).isEqualTo(2e-6);
    assertThat(model.targets().getFirst().contextLength()).isEqualTo(128_000);
    assertThat(Objects.requireNonNull(model.fallback().getFirst().timeouts()).total())
        .isEqualTo(Duration.ofMinutes(1));
    assertThat(model.canaries().getFirst().share()).isEqualTo(1250);
    var ai = Objects.requireNonNull(config.routes().getFirst().extension(AiRoute.class));
    assertThat(ai.allowed()).containsExactly(Concern.Kind.CONTENT_ELSEWHERE);
    assertThat(ai.limits().bytes()).isEqualTo(1 << 20);
  }

  @Test
  void saysWhatIsWrongWithProviders() {
    assertThat(provider("preset: deepseak"))
        .containsExactly(
            "c.yaml:2:23: providers[0].preset: \"deepseak\": there is no such preset; did you mean"
                + " \"deepseek\"?");
    assertThat(provider("keys: []"))
        .containsExactly("c.yaml:2:13: providers[0]: has no format (expected: format, or preset)");
    assertThat(provider("format: azure").getFirst()).contains("has no baseUrl");
    assertThat(provider("format: bedrock").getFirst()).contains("has no region");
    assertThat(provider("format: openai, baseUrl: \"ftp://x/v1\"").getFirst())
        .contains("providers[0].baseUrl")
        .contains("expected: http or https, a host, and a path");
    assertThat(provider("format: openai, region: eu-central-1").getFirst())
        .contains("belongs to format bedrock");
    assertThat(provider("format: gemini, apiVersion: v1").getFirst())
        .contains("belongs to formats azure and anthropic");
    assertThat(provider("format: openai, keys: [{value: \"a b\"}]").getFirst())
        .contains("providers[0].keys[0].value: ***:")
        .contains("expected: one or more visible ASCII characters")
        .doesNotContain("a b");
    assertThat(provider("format: openai, keys: [{weight: 2}]").getFirst())
        .contains("has no value (expected: value)");
    assertThat(provider("format: openai, keys: [{accessKeyId: a, secretAccessKey: b}]").getFirst())
        .contains("has AWS keys (expected: value, for this format)");
    assertThat(provider("format: bedrock, region: eu-west-1, keys: [{accessKeyId: a}]").getFirst())
        .contains("has half of a pair");
    assertThat(provider("format: openai, keys: [{name: a, value: x}, {name: a, value: y}]"))
        .singleElement()
        .asString()
        .contains("is the name of providers[0].keys[0] too");
    assertThat(provider("format: openai, headers: {\"a b\": c}").getFirst())
        .contains("is no header field");
  }

  @Test
  void saysWhatIsWrongWithModels() {
    assertThat(model("targets: [{provider: q}]"))
        .containsExactly(
            "c.yaml:3:31: models[0].targets[0].provider: \"q\": there is no such provider; did you"
                + " mean \"p\"?");
    assertThat(model("targets: []").getFirst()).contains("models[0].targets");
    assertThat(model("strategy: cheapest, targets: [{provider: p}]").getFirst())
        .contains("expected: one of weighted, least_latency, least_busy, least_cost, priority");
    assertThat(model("strategy: least_cost, targets: [{provider: p}]").getFirst())
        .contains("has no price (expected: price, for strategy least_cost)");
    assertThat(
            model(
                    "targets: [{provider: p}], choose: [{when: {regex: \"(\"}, targets: [{provider:"
                        + " p}]}]")
                .getFirst())
        .contains("models[0].choose[0].when.regex")
        .contains("is no regular expression");
    for (var list : List.of("choose", "canary")) {
      var one = "{%s when: {%s}, targets: [{provider: p}]}";
      var when = list.equals("choose") ? "keywords: [a]" : "header: x-a";
      assertThat(
              model(
                      "targets: [{provider: p}], %s: [%s, %s]"
                          .formatted(
                              list, one.formatted("name: \"2\",", when), one.formatted("", when)))
                  .getFirst())
          .contains("models[0]." + list + "[1]", "has the name 2 of one before");
    }
    assertThat(
            model("targets: [{provider: p}], canary: [{when: {in: [a]}, targets: [{provider: p}]}]")
                .getFirst())
        .contains("stands without header");
    assertThat(
            problems.of(
                LISTENER
                    + "providers: [{name: p, preset: ollama}]\n"
                    + "models: [{name: \"~(\", targets: [{provider: p}]},"
                    + " {name: a, targets: [{provider: p}]}, {name: a, targets: [{provider: p}]}]"))
        .hasSize(2)
        .anyMatch(line -> line.contains("models[0].name: \"~(\": is no regular expression"))
        .anyMatch(line -> line.contains("models[2].name: \"a\": is the name of models[1] too"));
  }

  @Test
  void saysWhenAnLlmRouteLeadsNowhere() {
    assertThat(problems.of(LISTENER + "routes: [{name: r, ai: {}}]").getFirst())
        .contains("routes[0].ai")
        .contains("has nowhere to go (expected: providers and models, or an upstream");
    assertThat(problems.of(Problems.FRAME + "routes: [{name: r, ai: {}, upstream: api}]"))
        .isEmpty();
    assertThat(
            problems
                .of(Problems.FRAME + "routes: [{name: r, ai: {allow: [all]}, upstream: api}]")
                .getFirst())
        .contains("expected: one of unknown_endpoint");
  }
}
