package dev.sluice.providers;

import static dev.sluice.providers.Calls.chat;
import static dev.sluice.providers.Calls.choose;
import static dev.sluice.providers.Calls.provider;
import static dev.sluice.providers.Calls.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.ai.AiCall;
import dev.sluice.ai.ModelRouter.AttemptEnd;
import dev.sluice.ai.ModelRouter.Failure;
import dev.sluice.plugin.Headers;
import dev.sluice.providers.Calls.Caller;
import dev.sluice.providers.Calls.Consumer;
import dev.sluice.providers.Calls.Outcome;
import dev.sluice.providers.ModelSpec.ContentChoice;
import dev.sluice.providers.ModelSpec.Strategy;
import dev.sluice.providers.ModelTarget.BedrockApi;
import dev.sluice.providers.ModelTarget.Cost;
import dev.sluice.providers.Providers.Routing;
import dev.sluice.providers.RoutingStatus.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Says which target a call gets, and what comes after one that failed. */
class RoutingTest {
  private final HandClock clock = new HandClock();
  private final Providers providers = new Providers(clock);
  private final long seed = System.nanoTime();
  private final Caller caller = new Caller(seed);

  private Routing routing(ModelSpec... models) {
    return providers.routing(
        new RoutingSpec(List.of(provider("p"), provider("q"), provider("r")), List.of(models)));
  }

  private static ModelSpec model(Strategy strategy, ModelTarget... targets) {
    return new ModelSpec("m", strategy, List.of(targets), List.of(), List.of(), List.of(), 6);
  }

  private static ModelSpec falling(List<ModelTarget> targets, ModelTarget... fallback) {
    return new ModelSpec(
        "m", Strategy.WEIGHTED, targets, List.of(fallback), List.of(), List.of(), 6);
  }

  private static ModelTarget target(
      String provider, int weight, int priority, long contextLength, @Nullable Cost cost) {
    return new ModelTarget(
        provider, "", weight, priority, contextLength, cost, null, BedrockApi.AUTO);
  }

  private static ModelTarget weighted(String provider, int weight) {
    return target(provider, weight, 0, 0, null);
  }

  private List<String> call(Routing routing, AiCall call) {
    return run(choose(routing, call, caller), at -> Outcome.GOOD);
  }

  @ParameterizedTest(name = "{0} is served by {1}")
  @CsvSource({
    "gpt-4o, p/gpt-4o",
    "gpt-4o-mini, q/small-mini",
    "gpt-5, r/gpt-5",
    "org/claude/v2, p/v2-of-claude",
    "anything else, q/anything else",
  })
  void findsTheExactNameThenTheLongestPrefixThenAnExpression(String asked, String served) {
    var routing =
        routing(
            ModelSpec.of("~([a-z]+)/([a-z]+)/(.*)", ModelTarget.of("p", "$3-of-$2")),
            ModelSpec.of("~gpt.*", ModelTarget.of("p", "wrong")),
            ModelSpec.of("gpt-*", ModelTarget.of("r", "")),
            ModelSpec.of("gpt-4o-*", ModelTarget.of("q", "small-*")),
            ModelSpec.of("gpt-4o", ModelTarget.of("p", "")),
            ModelSpec.of("~any.*", ModelTarget.of("q", "")));

    assertThat(call(routing, chat(asked))).containsExactly(served);
  }

  @Test
  void refusesAnUnknownModel() {
    var choice = choose(routing(ModelSpec.of("m", weighted("p", 1))), chat("x"), caller);

    assertThat(choice.next(null)).isNull();
    assertThat(Objects.requireNonNull(choice.refusal()).status()).isEqualTo(404);
    assertThat(choice.refusal().code()).isEqualTo("model_not_found");
  }

  @Test
  void refusesAModelThatTheConsumerMayNotUse() {
    var routing =
        routing(
            ModelSpec.of("m", weighted("p", 1)),
            ModelSpec.of("n", weighted("p", 1)),
            ModelSpec.of("x-*", weighted("p", 1)));
    var limited = new Caller(seed, new Consumer("team", Set.of(), Set.of("n")));

    assertThat(Objects.requireNonNull(choose(routing, chat("m"), limited).refusal()).status())
        .isEqualTo(403);
    assertThat(choose(routing, chat("n"), limited).next(null)).isNotNull();
    assertThat(routing.models(limited)).containsExactly("n");
    assertThat(routing.models(caller)).containsExactly("m", "n");
  }

  @Test
  void refusesATargetOfNoProvider() {
    assertThatThrownBy(() -> routing(ModelSpec.of("m", weighted("nobody", 1))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nobody (expected: one of [p, q, r])");
  }

  @Test
  void sharesCallsByWeight() {
    var routing = routing(model(Strategy.WEIGHTED, weighted("p", 95), weighted("q", 5)));

    var counts = Calls.first(routing, chat("m"), caller, 10_000);

    assertThat(counts.get("q/m")).as("seed " + seed).isBetween(500 - 131, 500 + 131);
  }

  @Test
  void takesThoseOfTheLowestPriorityNumber() {
    var routing =
        routing(
            model(
                Strategy.PRIORITY,
                target("p", 1, 2, 0, null),
                target("q", 1, 1, 0, null),
                target("r", 1, 1, 0, null)));

    assertThat(Calls.first(routing, chat("m"), caller, 100)).containsOnlyKeys("q/m", "r/m");
    assertThat(run(choose(routing, chat("m"), caller), at -> Outcome.status(503)))
        .hasSize(3)
        .last()
        .isEqualTo("p/m");
  }

  @Test
  void takesTheCheapestForTheCall() {
    var routing =
        routing(
            model(
                Strategy.LEAST_COST,
                target("p", 1, 0, 0, new Cost(1, 10)),
                target("q", 1, 0, 0, new Cost(3, 3)),
                target("r", 1, 0, 0, null)));

    assertThat(call(routing, chat("m", "long ".repeat(2000), ",\"max_tokens\":10")))
        .containsExactly("p/m");
    assertThat(call(routing, chat("m", "short", ",\"max_tokens\":1000"))).containsExactly("q/m");
  }

  @Test
  void takesTheLeastBusy() {
    var routing = routing(model(Strategy.LEAST_BUSY, weighted("p", 3), weighted("q", 1)));
    var places = new ArrayList<String>();
    for (int i = 0; i < 8; i++) {
      var choice = choose(routing, chat("m"), caller);
      places.add(Objects.requireNonNull(choice.next(null)).provider());
    }

    assertThat(places).as("seed " + seed).filteredOn("p"::equals).hasSize(6);
  }

  @Test
  void takesTheOneThatBeginsToAnswerSoonestAndTriesTheOthersAgainInTime() {
    var routing = routing(model(Strategy.LEAST_LATENCY, weighted("p", 1), weighted("q", 1)));
    for (int i = 0; i < 20; i++) {
      var choice = choose(routing, chat("m"), caller);
      var target = Objects.requireNonNull(choice.next(null));
      choice.ended(target, Calls.good(target.provider().equals("p") ? 300 : 20));
    }

    assertThat(Calls.first(routing, chat("m"), caller, 20)).containsOnlyKeys("q/m");

    clock.pass(Duration.ofMinutes(5));
    var choice = choose(routing, chat("m"), caller);
    var fast = Objects.requireNonNull(choice.next(null));
    choice.ended(fast, Calls.good(20));
    assertThat(Calls.first(routing, chat("m"), caller, 3))
        .as("what is old fades")
        .hasSizeBetween(1, 2);
  }

  @Test
  void fallsBackInOrder() {
    var routing =
        routing(
            falling(
                List.of(weighted("p", 1), weighted("q", 1)),
                ModelTarget.of("r", "first"),
                ModelTarget.of("p", "second")));

    var where = run(choose(routing, chat("m"), caller), at -> Outcome.of(Failure.CONNECT));

    assertThat(where.subList(0, 2)).containsExactlyInAnyOrder("p/m", "q/m");
    assertThat(where.subList(2, 4)).containsExactly("r/first", "p/second");
  }

  @ParameterizedTest
  @EnumSource(
      value = Failure.class,
      names = {"STATUS"},
      mode = EnumSource.Mode.EXCLUDE)
  void goesOnAfterEachKindOfFailure(Failure failure) {
    var routing = routing(falling(List.of(weighted("p", 1)), weighted("q", 1)));

    assertThat(
            run(
                choose(routing, chat("m"), caller),
                at -> at.startsWith("p") ? Outcome.of(failure) : Outcome.GOOD))
        .containsExactly("p/m", "q/m");
  }

  @ParameterizedTest
  @CsvSource({
    "400, false", "401, true", "402, true", "403, true", "404, true", "405, false", "408, true",
    "413, false", "415, false", "422, false", "429, true", "500, true", "502, true", "503, true",
    "504, true", "529, true"
  })
  void goesOnAfterAStatusThatAnotherTargetMayNotHave(int status, boolean goesOn) {
    var routing = routing(falling(List.of(weighted("p", 1)), weighted("q", 1)));

    assertThat(
            run(
                choose(routing, chat("m"), caller),
                at -> at.startsWith("p") ? Outcome.status(status) : Outcome.GOOD))
        .hasSize(goesOn ? 2 : 1);
  }

  @Test
  void goesOnWhenThePromptWasTooLongForOneTarget() {
    var routing = routing(falling(List.of(weighted("p", 1)), weighted("q", 1)));
    var tooLong = new Outcome(Failure.STATUS, 400, "context_length_exceeded", new Headers());

    assertThat(
            run(
                choose(routing, chat("m"), caller),
                at -> at.startsWith("p") ? tooLong : Outcome.GOOD))
        .hasSize(2);
  }

  @Test
  void triesOtherKeysBeforeOtherTargetsWhereTheKeyIsToBlame() {
    var spec =
        new RoutingSpec(
            List.of(provider("p", "a", "b"), provider("q", "c")),
            List.of(falling(List.of(weighted("p", 1)), weighted("q", 1))));

    assertThat(
            run(
                choose(providers.routing(spec), chat("m"), caller),
                at -> at.startsWith("p") ? Outcome.status(429) : Outcome.GOOD))
        .hasSize(3)
        .contains("p/m/a", "p/m/b")
        .last()
        .isEqualTo("q/m/c");
    assertThat(
            run(
                choose(providers.routing(spec), chat("m"), caller),
                at -> at.startsWith("p") ? Outcome.status(500) : Outcome.GOOD))
        .as("both keys cool down")
        .containsExactly("q/m/c");
  }

  @Test
  void triesNoMoreThanItMay() {
    var many =
        new ModelSpec(
            "m",
            Strategy.WEIGHTED,
            List.of(weighted("p", 1), weighted("q", 1), weighted("r", 1)),
            List.of(),
            List.of(),
            List.of(),
            2);

    assertThat(run(choose(routing(many), chat("m"), caller), at -> Outcome.status(500))).hasSize(2);
  }

  @Test
  void leavesOutATargetThatFailsAndTriesItAgainWithOneCall() {
    var routing = routing(falling(List.of(weighted("p", 1)), weighted("q", 1)));
    for (int i = 0; i < 5; i++) {
      run(
          choose(routing, chat("m"), caller),
          at -> at.startsWith("p") ? Outcome.of(Failure.TIMEOUT) : Outcome.GOOD);
    }
    assertThat(routing.status().targets().getFirst().state()).isEqualTo(State.OUT);
    assertThat(call(routing, chat("m"))).containsExactly("q/m");

    clock.pass(Duration.ofSeconds(10));
    assertThat(
            run(
                choose(routing, chat("m"), caller),
                at -> at.startsWith("p") ? Outcome.status(502) : Outcome.GOOD))
        .containsExactly("p/m", "q/m");
    assertThat(routing.status().targets().getFirst().back()).isEqualTo(Duration.ofSeconds(20));

    clock.pass(Duration.ofSeconds(20));
    assertThat(call(routing, chat("m"))).containsExactly("p/m");
    assertThat(routing.status().targets().getFirst().state()).isEqualTo(State.ACTIVE);
  }

  @Test
  void triesAnywayWhenAllAreLeftOut() {
    var routing = routing(model(Strategy.WEIGHTED, weighted("p", 1), weighted("q", 1)));
    for (int i = 0; i < 10; i++) {
      run(choose(routing, chat("m"), caller), at -> Outcome.status(500));
    }
    assertThat(routing.status().targets()).allMatch(target -> target.state() == State.OUT);

    assertThat(call(routing, chat("m"))).hasSize(1);

    assertThat(routing.status().targets())
        .as("what was not a trial proves nothing")
        .allMatch(target -> target.state() == State.OUT);
  }

  @Test
  void doesNotBlameATargetForWhatTheClientDid() {
    var routing = routing(model(Strategy.WEIGHTED, weighted("p", 1)));
    for (int i = 0; i < 10; i++) {
      var choice = choose(routing, chat("m"), caller);
      var target = Objects.requireNonNull(choice.next(null));
      choice.ended(target, new AttemptEnd(null, 200, null, -1, 5, null, false, true));
      run(choose(routing, chat("m"), caller), at -> Outcome.status(400));
      run(choose(routing, chat("m"), caller), at -> Outcome.of(Failure.UNSUPPORTED));
    }

    assertThat(routing.status().targets().getFirst().state()).isEqualTo(State.ACTIVE);
    assertThat(routing.status().targets().getFirst().active()).isZero();
  }

  @Test
  void takesNoTargetThatThePromptDoesNotFit() {
    var routing =
        routing(falling(List.of(target("p", 1, 0, 1000, null)), target("q", 1, 0, 10_000, null)));

    assertThat(call(routing, chat("m"))).containsExactly("p/m");
    assertThat(call(routing, chat("m", "hi", ",\"max_tokens\":5000"))).containsExactly("q/m");
    var tooLong = choose(routing, chat("m", "word ".repeat(20_000), ""), caller);
    assertThat(tooLong.next(null)).isNull();
    assertThat(Objects.requireNonNull(tooLong.refusal()).code())
        .isEqualTo("context_length_exceeded");
    assertThat(tooLong.refusal().message()).contains("expected: up to 10000 for model m");
  }

  @Test
  void choosesByWhatTheUserSaidLast() {
    var spec =
        new ModelSpec(
            "m",
            Strategy.WEIGHTED,
            List.of(weighted("p", 1)),
            List.of(),
            List.of(),
            List.of(
                new ContentChoice(
                    "code", List.of("Stack trace", "C++"), null, null, List.of(weighted("q", 1))),
                new ContentChoice(
                    "math",
                    List.of(),
                    "[0-9]+\\s*[*/]\\s*[0-9]+",
                    null,
                    List.of(weighted("r", 1)))),
            6);
    var routing = routing(spec);

    assertThat(call(routing, chat("m", "read this STACK TRACE", ""))).containsExactly("q/m");
    assertThat(call(routing, chat("m", "is c++ old?", ""))).containsExactly("q/m");
    assertThat(call(routing, chat("m", "haystack traces", ""))).containsExactly("p/m");
    assertThat(call(routing, chat("m", "what is 17 * 4?", ""))).containsExactly("r/m");
    assertThat(
            call(
                routing,
                Calls.call(
                    "/v1/messages",
                    """
                    {"model":"m","max_tokens":5,"system":"1*1","messages":[
                      {"role":"user","content":"a stack trace"},{"role":"assistant","content":"3*3"},
                      {"role":"user","content":[{"type":"text","text":"thanks"}]}]}\
                    """)))
        .containsExactly("p/m");
    assertThat(run(choose(routing, chat("m", "2*3", ""), caller), at -> Outcome.status(500)))
        .as("then what serves the model otherwise")
        .containsExactly("r/m", "p/m");
    assertThat(routing.status().choices())
        .containsExactly(
            new RoutingStatus.Choice("m", "code", 2), new RoutingStatus.Choice("m", "math", 2));
  }
}
