package dev.sluice.providers;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.ai.AiCall;
import dev.sluice.ai.AiEndpoint;
import dev.sluice.ai.AiError;
import dev.sluice.ai.AiLimits;
import dev.sluice.ai.AiRequestReader;
import dev.sluice.ai.ModelRouter;
import dev.sluice.ai.ModelRouter.AttemptEnd;
import dev.sluice.ai.ModelRouter.Choice;
import dev.sluice.ai.ModelRouter.Failed;
import dev.sluice.ai.ModelRouter.Failure;
import dev.sluice.ai.ModelRouter.Target;
import dev.sluice.ai.ModelRouter.Timeouts;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.Identity;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes configurations and calls, and leads calls through the choice as the exchange does. */
public final class Calls {
  private Calls() {}

  /** Returns a provider of OpenAI's format with keys of equal weight. */
  public static ProviderSpec provider(String name, String... keys) {
    return provider(name, ProviderFormat.OPENAI, "https://" + name + ".example.com/v1", keys);
  }

  /** Returns a provider with keys of equal weight. */
  public static ProviderSpec provider(
      String name, ProviderFormat format, String url, String... keys) {
    return provider(
        name,
        format,
        url,
        Arrays.stream(keys)
            .map(k -> new ProviderKey(k, new Secret.ApiKey("sk-" + k), 1, 0))
            .toList());
  }

  /** Returns a provider. */
  public static ProviderSpec provider(
      String name, ProviderFormat format, String url, List<ProviderKey> keys) {
    return new ProviderSpec(
        name,
        format,
        URI.create(url),
        false,
        keys,
        Map.of(),
        "",
        format == ProviderFormat.BEDROCK ? "eu-central-1" : "",
        true,
        ProviderSpec.Link.DEFAULT,
        Timeouts.NONE,
        KeyPolicy.DEFAULT,
        HealthPolicy.DEFAULT);
  }

  /** Returns a chat call of an OpenAI client. */
  public static AiCall chat(String model) {
    return chat(model, "hi", "");
  }

  /**
   * Returns a chat call of an OpenAI client.
   *
   * @param more further fields, each after a comma
   */
  public static AiCall chat(String model, String text, String more) {
    return call(
        "/v1/chat/completions",
        "{\"model\":\""
            + model
            + "\",\"messages\":[{\"role\":\"user\",\"content\":\""
            + text
            + "\"}]"
            + more
            + "}");
  }

  /** Returns a call. */
  public static AiCall call(String path, String body) {
    var headers = new Headers();
    var reader =
        new AiRequestReader(
            AiEndpoint.of("POST", path, headers).orElseThrow(), headers, AiLimits.DEFAULT);
    var bytes = body.getBytes(UTF_8);
    reader.feed(bytes, 0, bytes.length);
    return reader.finish();
  }

  /** Is who asks, with random numbers of a seed. */
  public static final class Caller implements ModelRouter.Facts {
    private final Random random;
    private final @Nullable Identity identity;
    private final Headers headers;

    /** Creates an unknown one. */
    public Caller(long seed, String... headers) {
      this(seed, null, headers);
    }

    /** Creates one. */
    public Caller(long seed, @Nullable Identity identity, String... headers) {
      random = new Random(seed);
      this.identity = identity;
      this.headers = Headers.of(headers);
    }

    @Override
    public @Nullable Identity identity() {
      return identity;
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
      return random.nextInt() & Integer.MAX_VALUE;
    }
  }

  /** Is a consumer that may use some models; any without a name of one. */
  public record Consumer(String name, Set<String> groups, Set<String> models) implements Identity {
    @Override
    public boolean mayUseModel(String model) {
      return models.isEmpty() || models.contains(model);
    }
  }

  /** Returns a choice that comes at once. */
  public static Choice choose(ModelRouter router, AiCall call, ModelRouter.Facts caller) {
    return Objects.requireNonNull(
        router.choose(
            call,
            caller,
            choice -> {
              throw new IllegalStateException("it came later");
            }));
  }

  /** Returns a good end after so many milliseconds. */
  public static AttemptEnd good(long millis) {
    return new AttemptEnd(
        null, 200, new Headers(), millis * 1_000_000, millis * 2_000_000, null, true, false);
  }

  /** Is how an attempt goes: a good end, or a failure. */
  public record Outcome(@Nullable Failure failure, int status, String code, Headers headers) {
    /** Went well. */
    public static final Outcome GOOD = new Outcome(null, 200, "", new Headers());

    /** Was answered with a status. */
    public static Outcome status(int status, String... headers) {
      return new Outcome(Failure.STATUS, status, "upstream_error", Headers.of(headers));
    }

    /** Failed. */
    public static Outcome of(Failure failure) {
      return new Outcome(failure, 0, "", new Headers());
    }

    AttemptEnd end() {
      return new AttemptEnd(
          failure,
          status,
          headers,
          failure == null ? 1_000_000 : -1,
          2_000_000,
          null,
          failure == null,
          false);
    }
  }

  /** Returns what an attempt is at: {@code provider/model/key}. */
  public static String at(Target target) {
    var headers =
        Headers.of(":method", "POST", ":path", "/x", ":authority", "", ":scheme", "https");
    target.sign(
        new dev.sluice.ai.ProviderRequest(
            dev.sluice.ai.AiProtocol.OPENAI_CHAT,
            "/chat/completions",
            "{}".getBytes(UTF_8),
            false,
            false,
            List.of()),
        headers);
    var key = headers.get("authorization", "").replace("Bearer sk-", "");
    return target.provider() + "/" + target.model() + (key.isEmpty() ? "" : "/" + key);
  }

  /** Makes attempts until one goes well or there is none left, and returns where they were. */
  public static List<String> run(Choice choice, Function<String, Outcome> provider) {
    var where = new ArrayList<String>();
    var target = choice.next(null);
    while (target != null) {
      var place = at(target);
      where.add(place);
      var outcome = provider.apply(place);
      choice.ended(target, outcome.end());
      if (outcome.failure() == null) {
        return where;
      }
      target =
          choice.next(
              new Failed(
                  target,
                  outcome.failure(),
                  outcome.status(),
                  outcome.headers(),
                  new AiError(Math.max(outcome.status(), 500), outcome.code(), "failed")));
    }
    return where;
  }

  /** Counts where the first attempts of many calls are. */
  public static Map<String, Integer> first(
      ModelRouter router, AiCall call, ModelRouter.Facts caller, int calls) {
    Map<String, Integer> counts = new HashMap<>();
    for (int i = 0; i < calls; i++) {
      counts.merge(
          run(choose(router, call, caller), at -> Outcome.GOOD).getFirst(), 1, Integer::sum);
    }
    return counts;
  }
}
