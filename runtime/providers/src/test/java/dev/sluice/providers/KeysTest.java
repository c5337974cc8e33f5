package dev.sluice.providers;

import static dev.sluice.providers.Calls.chat;
import static dev.sluice.providers.Calls.choose;
import static dev.sluice.providers.Calls.provider;
import static dev.sluice.providers.Calls.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ai.ModelRouter.Choice;
import dev.sluice.ai.ModelRouter.Target;
import dev.sluice.providers.Calls.Caller;
import dev.sluice.providers.Calls.Outcome;
import dev.sluice.providers.Providers.Routing;
import dev.sluice.providers.RoutingStatus.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Says which key a call gets: by weight, not while it cools down or is not accepted. */
class KeysTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final HandClock clock = new HandClock();
  private final Providers providers = new Providers(clock);
  private final long seed = System.nanoTime();
  private final Caller caller = new Caller(seed);

  private Routing routing(ProviderSpec provider, String... models) {
    var specs = new ArrayList<ModelSpec>();
    for (var model : models) {
      specs.add(ModelSpec.of(model, ModelTarget.of(provider.name(), model)));
    }
    return providers.routing(new RoutingSpec(List.of(provider), specs));
  }

  private List<String> call(Routing routing, Function<String, Outcome> outcome) {
    return run(choose(routing, chat("m"), caller), outcome);
  }

  private static Outcome good(String at) {
    return Outcome.GOOD;
  }

  private static ProviderKey key(String name, int weight, int concurrency) {
    return new ProviderKey(name, new Secret.ApiKey("sk-" + name), weight, concurrency);
  }

  @Test
  void sharesCallsByWeight() {
    var spec =
        provider(
            "p",
            ProviderFormat.OPENAI,
            "https://p.example.com",
            List.of(key("a", 3, 0), key("b", 1, 0)));

    var counts = Calls.first(routing(spec, "m"), chat("m"), caller, 4000);

    // Six standard deviations: once in half a billion runs.
    assertThat(counts.get("p/m/a")).as("seed " + seed).isBetween(3000 - 165, 3000 + 165);
  }

  @Test
  void takesAnotherKeyWhenOneIsNotAccepted() {
    var routing = routing(provider("p", "a", "b"), "m");
    Map<String, Integer> calls = new HashMap<>();
    for (int i = 0; i < 50; i++) {
      for (var at : call(routing, at -> at.endsWith("/a") ? Outcome.status(401) : Outcome.GOOD)) {
        calls.merge(at, 1, Integer::sum);
      }
    }

    assertThat(calls).as("seed " + seed).containsEntry("p/m/a", 1).containsEntry("p/m/b", 50);
    assertThat(routing.status().keys())
        .extracting(RoutingStatus.Key::state)
        .containsExactly(State.OUT, State.ACTIVE);
    assertThat(routing.status().keys().getFirst().back()).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void triesALeftOutKeyAgainWithOneCallAndDoublesTheTime() {
    var routing = routing(provider("p", "a"), "m");
    assertThat(call(routing, at -> Outcome.status(401))).hasSize(1);
    assertThat(call(routing, KeysTest::good)).isEmpty();

    clock.pass(SECOND.multipliedBy(10));
    var trial = choose(routing, chat("m"), caller);
    var target = Objects.requireNonNull(trial.next(null));
    assertThat(call(routing, KeysTest::good)).as("while the trial goes on").isEmpty();
    trial.ended(target, Outcome.status(401).end());
    assertThat(routing.status().keys().getFirst().back()).isEqualTo(SECOND.multipliedBy(20));

    clock.pass(SECOND.multipliedBy(20));
    assertThat(call(routing, KeysTest::good)).hasSize(1);
    assertThat(routing.status().keys().getFirst().state()).isEqualTo(State.ACTIVE);
  }

  @Test
  void makesWayForAnotherTrialWhenOneIsNeverHeardOf() {
    var routing = routing(provider("p", "a"), "m");
    call(routing, at -> Outcome.status(401));
    clock.pass(SECOND.multipliedBy(10));
    choose(routing, chat("m"), caller).next(null);
    assertThat(call(routing, KeysTest::good)).isEmpty();

    clock.pass(SECOND.multipliedBy(10));

    assertThat(call(routing, KeysTest::good)).hasSize(1);
  }

  @Test
  void doesNotBelieveInAnEndThatBeganBefore() {
    var routing = routing(provider("p", "a"), "m");
    var slow = choose(routing, chat("m"), caller);
    var target = Objects.requireNonNull(slow.next(null));
    call(routing, at -> Outcome.status(401));

    slow.ended(target, Calls.good(10));

    assertThat(routing.status().keys().getFirst().state()).isEqualTo(State.OUT);
  }

  @Test
  void leavesAKeyOutAfterThreeRefusalsInARow() {
    var routing = routing(provider("p", "a"), "m");
    call(routing, at -> Outcome.status(403));
    call(routing, at -> Outcome.status(402));
    call(routing, KeysTest::good);
    call(routing, at -> Outcome.status(403));
    call(routing, at -> Outcome.status(403));
    assertThat(routing.status().keys().getFirst().state()).isEqualTo(State.ACTIVE);

    call(routing, at -> Outcome.status(403));

    assertThat(routing.status().keys().getFirst().state()).isEqualTo(State.OUT);
  }

  @ParameterizedTest(name = "{0}: {1} {2}: {3}")
  @CsvSource({
    "retry-after, 7, , 7000",
    "retry-after, 1.5, , 1500",
    "'retry-after', 'Sun, 29 Nov 2026 12:00:30 GMT', , 30000",
    "retry-after, 'Sun, 29 Nov 2026 11:00:30 GMT', , 0",
    "retry-after, 100000, , 300000",
    "retry-after, soon, , 10000",
    "retry-after-ms, 250, , 250",
    "x-ratelimit-reset-requests, 6m0s, 0, 300000",
    "x-ratelimit-reset-requests, 2m59.56s, 0, 179560",
    "x-ratelimit-reset-requests, 1s, 5, 10000",
    "x-ratelimit-reset-tokens, 120ms, 0, 120",
    "anthropic-ratelimit-requests-reset, 2026-11-29T12:00:42Z, 0, 42000",
    "anthropic-ratelimit-input-tokens-reset, 2026-11-29T13:00:42+01:00, 0, 42000",
    "x-other, 1, , 10000",
  })
  void coolsDownAsLongAsTheProviderSays(String name, String value, String left, long millis) {
    var routing = routing(provider("p", "a"), "m");
    var headers = new ArrayList<>(List.of(name, value));
    if (left != null) {
      headers.add(name.replace("reset", "remaining"));
      headers.add(left);
    }

    call(routing, at -> Outcome.status(429, headers.toArray(String[]::new)));

    assertThat(routing.status().keys().getFirst().back()).isEqualTo(Duration.ofMillis(millis));
    if (millis > 0) {
      clock.pass(Duration.ofMillis(millis).minusNanos(1));
      var choice = choose(routing, chat("m"), caller);
      assertThat(choice.next(null)).isNull();
      assertThat(Objects.requireNonNull(choice.refusal()).status()).isEqualTo(429);
      assertThat(choice.retryAfter()).isEqualTo(Duration.ofNanos(1));
      clock.pass(Duration.ofNanos(1));
    }
    assertThat(call(routing, KeysTest::good)).hasSize(1);
  }

  @Test
  void coolsAKeyForOneModelOnly() {
    var routing = routing(provider("p", "a"), "m", "n");

    call(routing, at -> Outcome.status(429));

    assertThat(call(routing, KeysTest::good)).isEmpty();
    assertThat(run(choose(routing, chat("n"), caller), KeysTest::good)).hasSize(1);
    assertThat(routing.status().keys().getFirst().state()).isEqualTo(State.COOLING);
  }

  @Test
  void restsAKeyThatSaysItHasNothingLeft() {
    var routing = routing(provider("p", "a", "b"), "m");
    var spent =
        new Outcome(
            null,
            200,
            "",
            dev.sluice.plugin.Headers.of(
                "x-ratelimit-remaining-requests", "0", "x-ratelimit-reset-requests", "5s"));
    var first = call(routing, at -> spent).getFirst();

    for (int i = 0; i < 20; i++) {
      assertThat(call(routing, KeysTest::good)).as("seed " + seed).doesNotContain(first);
    }
  }

  @Test
  void leavesOutAKeyWhoseQuotaIsUsedUp() {
    var routing = routing(provider("p", "a"), "m", "n");

    call(
        routing,
        at ->
            new Outcome(
                dev.sluice.ai.ModelRouter.Failure.STATUS,
                429,
                "insufficient_quota",
                new dev.sluice.plugin.Headers()));

    assertThat(run(choose(routing, chat("n"), caller), KeysTest::good)).isEmpty();
    assertThat(routing.status().keys().getFirst().state()).isEqualTo(State.OUT);
  }

  @Test
  void givesAKeyNoMoreCallsThanItMayHaveAtOnce() {
    var spec =
        provider(
            "p",
            ProviderFormat.OPENAI,
            "https://p.example.com",
            List.of(key("a", 1, 2), key("b", 1, 1)));
    var routing = routing(spec, "m");
    List<Choice> choices = new ArrayList<>();
    List<Target> targets = new ArrayList<>();
    Map<String, Integer> counts = new HashMap<>();
    for (int i = 0; i < 3; i++) {
      var choice = choose(routing, chat("m"), caller);
      var target = Objects.requireNonNull(choice.next(null));
      counts.merge(Calls.at(target), 1, Integer::sum);
      choices.add(choice);
      targets.add(target);
    }

    assertThat(counts).containsEntry("p/m/a", 2).containsEntry("p/m/b", 1);
    var fourth = choose(routing, chat("m"), caller);
    assertThat(fourth.next(null)).isNull();
    assertThat(Objects.requireNonNull(fourth.refusal()).code()).isEqualTo("overloaded");
    choices.getFirst().ended(targets.getFirst(), Calls.good(1));
    assertThat(call(routing, KeysTest::good)).hasSize(1);
  }

  @Test
  void carriesTheStateOfKeysThatDidNotChangeOver() {
    var before = routing(provider("p", "a", "b"), "m");
    call(before, at -> at.endsWith("/a") ? Outcome.status(401) : Outcome.status(429));
    call(before, at -> at.endsWith("/a") ? Outcome.status(401) : Outcome.status(429));

    var after = routing(provider("p", "c", "b", "a"), "m");

    assertThat(after.status().keys())
        .extracting(RoutingStatus.Key::state)
        .containsExactly(State.ACTIVE, State.COOLING, State.OUT);
  }

  /** Whatever providers answer: no key has more calls than it may, and each call ends. */
  @Test
  void holdsItsPromisesWhateverHappens() {
    var random = new Random(seed);
    var spec =
        provider(
            "p",
            ProviderFormat.OPENAI,
            "https://p.example.com",
            List.of(key("a", 5, 3), key("b", 1, 0), key("c", 2, 1)));
    var routing = routing(spec, "m", "n");
    var open = new ArrayList<Map.Entry<Choice, Target>>();
    for (int step = 0; step < 20_000; step++) {
      if (random.nextBoolean() || open.isEmpty()) {
        var choice = choose(routing, chat(random.nextBoolean() ? "m" : "n"), caller);
        var target = choice.next(null);
        if (target == null) {
          assertThat(choice.refusal()).as("seed " + seed).isNotNull();
        } else {
          open.add(Map.entry(choice, target));
        }
      } else {
        var one = open.remove(random.nextInt(open.size()));
        one.getKey().ended(one.getValue(), outcome(random).end());
      }
      clock.pass(Duration.ofMillis(random.nextInt(200)));
      var keys = routing.status().keys();
      assertThat(keys.get(0).active()).as("seed " + seed).isBetween(0L, 3L);
      assertThat(keys.get(2).active()).as("seed " + seed).isBetween(0L, 1L);
      assertThat(keys.stream().mapToLong(RoutingStatus.Key::active).sum())
          .as("seed " + seed)
          .isEqualTo(open.size());
    }
  }

  private static Outcome outcome(Random random) {
    return switch (random.nextInt(8)) {
      case 0 -> Outcome.status(401);
      case 1 -> Outcome.status(403);
      case 2 -> Outcome.status(429, "retry-after", String.valueOf(random.nextInt(5)));
      case 3 -> Outcome.status(503);
      case 4 -> Outcome.of(dev.sluice.ai.ModelRouter.Failure.CONNECT);
      default -> Outcome.GOOD;
    };
  }
}
