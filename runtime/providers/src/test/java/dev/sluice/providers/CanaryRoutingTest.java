package dev.sluice.providers;

import static dev.sluice.providers.Calls.chat;
import static dev.sluice.providers.Calls.choose;
import static dev.sluice.providers.Calls.provider;
import static dev.sluice.providers.Calls.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ai.ModelRouter;
import dev.sluice.providers.Calls.Caller;
import dev.sluice.providers.Calls.Consumer;
import dev.sluice.providers.Calls.Outcome;
import dev.sluice.providers.ModelCanary.Rollback;
import dev.sluice.providers.ModelCanary.Sticky;
import dev.sluice.providers.ModelCanary.When;
import dev.sluice.providers.ModelSpec.Strategy;
import dev.sluice.providers.Providers.Routing;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Says who is on a trial of other targets, and when it ends by itself. */
class CanaryRoutingTest {
  private final HandClock clock = new HandClock();
  private final Providers providers = new Providers(clock);
  private final long seed = System.nanoTime();

  private Routing routing(When when, int percent, Sticky sticky, @Nullable Rollback rollback) {
    var canary =
        new ModelCanary(
            "next", when, percent * 100, sticky, List.of(ModelTarget.of("new", "")), rollback);
    return providers.routing(
        new RoutingSpec(
            List.of(provider("old"), provider("new")),
            List.of(
                new ModelSpec(
                    "m",
                    Strategy.WEIGHTED,
                    List.of(ModelTarget.of("old", "")),
                    List.of(),
                    List.of(canary),
                    List.of(),
                    6))));
  }

  private static boolean isNew(Routing routing, ModelRouter.Facts caller) {
    return run(choose(routing, chat("m"), caller), at -> Outcome.GOOD).equals(List.of("new/m"));
  }

  private Caller consumer(String name, String... groups) {
    return new Caller(seed, new Consumer(name, Set.of(groups), Set.of()));
  }

  @Test
  void takesThoseWithAValueOfAHeader() {
    var routing =
        routing(
            new When("X-User-Group", Set.of("beta", "staff"), Set.of(), Set.of()),
            100,
            Sticky.NONE,
            null);

    assertThat(isNew(routing, new Caller(seed, "x-user-group", "beta"))).isTrue();
    assertThat(isNew(routing, new Caller(seed, "x-user-group", "all"))).isFalse();
    assertThat(isNew(routing, new Caller(seed))).isFalse();
  }

  @Test
  void takesConsumersAndGroups() {
    var byName = routing(new When(null, Set.of(), Set.of("a"), Set.of()), 100, Sticky.NONE, null);
    assertThat(isNew(byName, consumer("a"))).isTrue();
    assertThat(isNew(byName, consumer("b"))).isFalse();
    assertThat(isNew(byName, new Caller(seed))).isFalse();

    var byGroup =
        routing(new When(null, Set.of(), Set.of(), Set.of("beta")), 100, Sticky.NONE, null);
    assertThat(isNew(byGroup, consumer("a", "alpha", "beta"))).isTrue();
    assertThat(isNew(byGroup, consumer("a", "alpha"))).isFalse();
  }

  @Test
  void keepsAConsumerOnItsSideWhenTheShareGrows() {
    var tenth = routing(When.ANYBODY, 10, Sticky.CONSUMER, null);
    var half = routing(When.ANYBODY, 50, Sticky.CONSUMER, null);
    var onTenth = new HashSet<String>();
    var onHalf = new HashSet<String>();
    for (int i = 0; i < 2000; i++) {
      var name = "team-" + i;
      var caller = consumer(name);
      boolean first = isNew(tenth, caller);
      assertThat(isNew(tenth, caller)).isEqualTo(first);
      if (first) {
        onTenth.add(name);
      }
      if (isNew(half, caller)) {
        onHalf.add(name);
      }
    }

    // These depend on names only, not on chance.
    assertThat(onTenth).hasSizeBetween(140, 260);
    assertThat(onHalf).hasSizeBetween(900, 1100).containsAll(onTenth);
  }

  @Test
  void keepsAHeaderOnItsSide() {
    var routing = routing(When.ANYBODY, 50, new Sticky(Sticky.By.HEADER, "X-Session"), null);

    var sides = new HashSet<Boolean>();
    for (int i = 0; i < 50; i++) {
      sides.add(isNew(routing, new Caller(seed + i, "x-session", "s1")));
    }

    assertThat(sides).hasSize(1);
  }

  @Test
  void goesBackToTheOthersWhenTheTrialFails() {
    var routing = routing(When.ANYBODY, 100, Sticky.NONE, null);

    assertThat(
            run(
                choose(routing, chat("m"), new Caller(seed)),
                at -> at.startsWith("new") ? Outcome.status(500) : Outcome.GOOD))
        .containsExactly("new/m", "old/m");
  }

  private void calls(Routing routing, Caller caller, int calls, long newMillis, boolean newFails) {
    for (int i = 0; i < calls; i++) {
      var choice = choose(routing, chat("m"), caller);
      var target = Objects.requireNonNull(choice.next(null));
      boolean trial = target.provider().equals("new");
      choice.ended(
          target,
          trial && newFails ? Outcome.status(400).end() : Calls.good(trial ? newMillis : 50));
    }
  }

  @Test
  void endsWhenItFailsMoreOftenThanTheOthers() {
    var routing =
        routing(
            When.ANYBODY,
            50,
            Sticky.NONE,
            new Rollback(0.05, Duration.ZERO, 20, Duration.ofMinutes(10)));

    calls(routing, new Caller(seed), 400, 50, true);

    var status = routing.status().canaries().getFirst();
    assertThat(status.rolledBack()).contains("100.0 % of 20 calls failed");
    assertThat(isNew(routing, new Caller(seed))).isFalse();
    var reloaded =
        routing(
            When.ANYBODY,
            80,
            Sticky.NONE,
            new Rollback(0.5, Duration.ZERO, 20, Duration.ofMinutes(10)));
    assertThat(isNew(reloaded, new Caller(seed))).as("a reload does not begin it anew").isFalse();
  }

  @Test
  void endsWhenItsAnswersBeginLater() {
    var routing =
        routing(
            When.ANYBODY,
            50,
            Sticky.NONE,
            new Rollback(1, Duration.ofMillis(200), 20, Duration.ofMinutes(10)));

    calls(routing, new Caller(seed), 200, 900, false);

    assertThat(routing.status().canaries().getFirst().rolledBack()).contains("95 % of the answers");
  }

  @Test
  void goesOnWhileItDoesAsWellAsTheOthers() {
    var routing = routing(When.ANYBODY, 50, Sticky.NONE, Rollback.DEFAULT);

    calls(routing, new Caller(seed), 1000, 60, false);

    var status = routing.status().canaries().getFirst();
    assertThat(status.rolledBack()).isEmpty();
    assertThat(status.calls() + status.otherCalls()).isEqualTo(1000);
  }

  @Test
  void forgetsOldCalls() {
    var routing = routing(When.ANYBODY, 100, Sticky.NONE, Rollback.DEFAULT);
    calls(routing, new Caller(seed), 19, 50, true);
    clock.pass(Duration.ofMinutes(11));

    calls(routing, new Caller(seed), 1, 50, true);

    assertThat(routing.status().canaries().getFirst().rolledBack()).isEmpty();
    assertThat(routing.status().canaries().getFirst().calls()).isEqualTo(1);
  }
}
