package dev.sluice.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.ai.AiCall;
import dev.sluice.ai.AiEndpoint;
import dev.sluice.ai.AiLimits;
import dev.sluice.ai.AiRequestReader;
import dev.sluice.ai.ModelRouter;
import dev.sluice.ai.ModelRouter.AttemptEnd;
import dev.sluice.ai.ModelRouter.Timeouts;
import dev.sluice.ai.ProviderRequest;
import dev.sluice.plugin.Headers;
import dev.sluice.providers.HealthPolicy;
import dev.sluice.providers.KeyPolicy;
import dev.sluice.providers.ModelSpec;
import dev.sluice.providers.ModelTarget;
import dev.sluice.providers.ProviderFormat;
import dev.sluice.providers.ProviderKey;
import dev.sluice.providers.ProviderSpec;
import dev.sluice.providers.Providers;
import dev.sluice.providers.RoutingSpec;
import dev.sluice.providers.Secret;
import dev.sluice.proxy.Identity;
import dev.sluice.proxy.SystemClock;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures what the choice of a provider costs a call of 4 KiB: the model, one of two targets, one
 * of two keys, headers with the key or signature, and what the outcome teaches.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH sets the fields.
public class ProviderBench {
  private static final AttemptEnd GOOD =
      new AttemptEnd(null, 200, new Headers(), 1_000_000, 2_000_000, null, true, false);

  /** What the provider speaks. */
  @Param({"OPENAI", "AZURE", "ANTHROPIC", "GEMINI", "BEDROCK"})
  public String format;

  private ModelRouter router;
  private AiCall call;
  private ProviderRequest asked;
  private final Caller caller = new Caller();

  /** Is a caller of whom nothing is known. */
  private static final class Caller implements ModelRouter.Facts {
    private final Headers headers = new Headers();
    private int random = 1;

    @Override
    public @Nullable Identity identity() {
      return null;
    }

    @Override
    public Headers headers() {
      return headers;
    }

    @Override
    public String route() {
      return "llm";
    }

    @Override
    public int loop() {
      return 0;
    }

    @Override
    public int random() {
      random ^= random << 13;
      random ^= random >>> 17;
      random ^= random << 5;
      return random & Integer.MAX_VALUE;
    }
  }

  /** Makes a router of two providers with two keys each, and a call in the provider's format. */
  @Setup
  public void build() {
    var spec = ProviderFormat.valueOf(format);
    var model =
        new ModelSpec(
            "m",
            ModelSpec.Strategy.WEIGHTED,
            List.of(
                ModelTarget.of("a", "anthropic.claude"), ModelTarget.of("b", "anthropic.claude")),
            List.of(),
            List.of(),
            List.of(),
            ModelSpec.DEFAULT_ATTEMPTS);
    router =
        new Providers(new SystemClock())
            .routing(
                new RoutingSpec(List.of(provider("a", spec), provider("b", spec)), List.of(model)));
    var text = "All work and no play makes Jack a dull boy. ".repeat(92);
    boolean messages = spec == ProviderFormat.ANTHROPIC || spec == ProviderFormat.BEDROCK;
    boolean gemini = spec == ProviderFormat.GEMINI;
    call =
        gemini
            ? call(
                "/v1beta/models/m:generateContent",
                "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"" + text + "\"}]}]}")
            : call(
                messages ? "/v1/messages" : "/v1/chat/completions",
                "{\"model\":\"m\",\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\""
                    + text
                    + "\"}]}");
    asked = call.forProvider(call.endpoint().protocol(), "anthropic.claude");
  }

  private static AiCall call(String path, String body) {
    var headers = new Headers();
    var endpoint = AiEndpoint.of("POST", path, headers).orElseThrow();
    var reader = new AiRequestReader(endpoint, headers, AiLimits.DEFAULT);
    var bytes = body.getBytes(UTF_8);
    reader.feed(bytes, 0, bytes.length);
    return reader.finish();
  }

  private static ProviderSpec provider(String name, ProviderFormat format) {
    boolean bedrock = format == ProviderFormat.BEDROCK;
    return new ProviderSpec(
        name,
        format,
        URI.create("https://" + format.name().toLowerCase(Locale.ROOT) + ".example.com/v1"),
        false,
        List.of(key("1", bedrock), key("2", bedrock)),
        Map.of(),
        "",
        bedrock ? "eu-central-1" : "",
        true,
        ProviderSpec.Link.DEFAULT,
        Timeouts.NONE,
        KeyPolicy.DEFAULT,
        HealthPolicy.DEFAULT);
  }

  private static ProviderKey key(String name, boolean aws) {
    var secret =
        aws
            ? new Secret.AwsKeys("AKIA" + name, "secret-of-" + name, null)
            : new Secret.ApiKey("sk-of-" + name);
    return new ProviderKey(name, secret, 1, 100);
  }

  /** Chooses a target, completes the request to it, and learns of a good end. */
  @Benchmark
  public Headers chooseAndSign() {
    var choice =
        Objects.requireNonNull(router.choose(call, caller, later -> {}), "a choice at once");
    var target = Objects.requireNonNull(choice.next(null), "a target");
    var framed = target.framed(asked);
    var headers =
        Headers.of(
            ":method",
            "POST",
            ":path",
            framed.path(),
            ":scheme",
            "https",
            ":authority",
            target.authority(),
            "content-type",
            "application/json");
    target.sign(framed, headers);
    choice.ended(target, GOOD);
    return headers;
  }
}
