package dev.sluice.state.internal.counters;

import static dev.sluice.state.internal.counters.CounterCaller.left;
import static dev.sluice.state.internal.counters.CounterCaller.perHour;
import static dev.sluice.state.internal.counters.CounterCaller.slots;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.plugin.host.Counters;
import dev.sluice.plugin.host.Counters.Limit;
import dev.sluice.plugin.host.Counters.Window;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What counters do wherever they are kept, by a clock that nobody steps. */
abstract class CountersContract {
  private CounterCaller caller;

  /** Opens the counters of an owner. */
  abstract Counters open(String scope);

  @BeforeEach
  void openNew() {
    caller = new CounterCaller(open(UUID.randomUUID().toString()));
  }

  private static Limit sliding(String key, Duration length, long amount) {
    return new Limit(key, new Window.Sliding(length), amount);
  }

  private static Limit bucket(String key, double perSecond, long amount) {
    return new Limit(key, new Window.TokenBucket(perSecond), amount);
  }

  private static void refused(Reason reason, String message, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ServiceException.class, e -> assertThat(e.reason()).isEqualTo(reason))
        .hasMessageContaining(message);
  }

  @Test
  void grantsUpToTheLimit() {
    var limit = perHour("k", 10);
    assertThat(caller.peek(limit)).containsExactly(10L);

    assertThat(caller.reserve(4, limit).granted()).isTrue();
    var second = caller.reserve(6, limit);
    assertThat(second.granted()).isTrue();
    assertThat(left(second.remaining())).containsExactly(0L);

    var third = caller.reserve(1, limit);
    assertThat(third.granted()).isFalse();
    assertThat(third.reservation()).isZero();
    assertThat(left(third.remaining())).containsExactly(0L);
    assertThat(caller.peek(limit)).containsExactly(0L);
  }

  @Test
  void saysWhenALimitRenewsItself() {
    var now = Instant.now();
    var remaining =
        caller.remaining(
            perHour("{t}a", 1),
            sliding("{t}b", Duration.ofMinutes(10), 1),
            slots("{t}c", Duration.ofMinutes(1), 1));

    assertThat(remaining.get(0).resetsAt().getEpochSecond() % 3600).isZero();
    assertThat(remaining.get(0).resetsAt()).isBetween(now, now.plusSeconds(3601));
    assertThat(remaining.get(1).resetsAt()).isBetween(now, now.plusSeconds(601));
    assertThat(remaining.get(2).resetsAt()).isBetween(now.minusSeconds(1), now.plusSeconds(5));
  }

  @Test
  void takesAllLimitsOrNone() {
    var wide = perHour("{t}wide", 100);
    var tight = perHour("{t}tight", 5);

    assertThat(caller.reserve(6, wide, tight).granted()).isFalse();
    assertThat(caller.peek(wide, tight)).containsExactly(100L, 5L);

    assertThat(caller.reserve(5, wide, tight).granted()).isTrue();
    assertThat(caller.peek(tight, wide)).containsExactly(0L, 95L);
  }

  @Test
  void settlesWithLessEqualAndMore() {
    var limit = perHour("k", 100);
    var less = caller.reserve(30, limit);
    var equal = caller.reserve(30, limit);
    var more = caller.reserve(30, limit);

    assertThat(caller.settle(less, 10)).containsExactly(30L);
    assertThat(caller.settle(equal, 30)).containsExactly(30L);
    assertThat(caller.settle(more, 80)).as("debt").containsExactly(-20L);
    assertThat(caller.reserve(0, limit).granted()).as("nothing is granted in debt").isFalse();
  }

  @Test
  void givesAReservationBackWhole() {
    var limit = perHour("k", 10);
    var taken = caller.reserve(10, limit);

    assertThat(caller.release(taken)).containsExactly(10L);
  }

  @Test
  void settlesAReservationOnce() {
    var taken = caller.reserve(1, perHour("k", 10));
    caller.settle(taken, 1);

    refused(Reason.NOT_FOUND, "is not open", () -> caller.settle(taken, 1));
    refused(Reason.NOT_FOUND, "is not open", () -> caller.release(taken));
    assertThat(caller.peek(perHour("k", 10))).containsExactly(9L);
  }

  @Test
  void chargesAReservationInFullThatExpired() {
    var limit = perHour("k", 10);
    var slot = slots("{k}s", Duration.ofHours(1), 1);
    var hour = perHour("{k}h", 10);
    var taken = caller.reserve(4, Duration.ofMillis(200), hour, slot);
    assertThat(taken.granted()).isTrue();
    assertThat(caller.reserve(1, hour, slot).granted()).as("the slot is held").isFalse();

    await().until(() -> caller.peek(slot).equals(List.of(1L)));

    refused(Reason.NOT_FOUND, "is not open", () -> caller.settle(taken, 0));
    assertThat(caller.peek(hour, slot)).containsExactly(6L, 1L);
    assertThat(caller.peek(limit)).containsExactly(10L);
  }

  @Test
  void addsWhateverTheLimit() {
    var limit = perHour("k", 10);

    assertThat(caller.add(7, limit)).containsExactly(3L);
    assertThat(caller.add(7, limit)).containsExactly(-4L);
    assertThat(caller.reserve(1, limit).granted()).isFalse();
  }

  @Test
  void holdsSlotsUntilTheyAreGivenBack() {
    var two = slots("k", Duration.ofMinutes(5), 2);
    var first = caller.reserve(1000, two);
    var second = caller.reserve(0, two);

    assertThat(first.granted() && second.granted()).as("a slot each").isTrue();
    assertThat(caller.reserve(1, two).granted()).isFalse();
    assertThat(caller.settle(first, 5)).containsExactly(1L);
    assertThat(caller.reserve(1, two).granted()).isTrue();
    assertThat(caller.release(second)).containsExactly(1L);
  }

  @Test
  void freesASlotWhoseHolderIsGone() {
    var one = slots("k", Duration.ofMillis(300), 1);
    assertThat(caller.reserve(1, one).granted()).isTrue();
    assertThat(caller.reserve(1, one).granted()).isFalse();

    await().until(() -> caller.reserve(1, one).granted());
  }

  @Test
  void refillsATokenBucket() {
    var limit = bucket("k", 20, 10);
    assertThat(caller.reserve(10, limit).granted()).isTrue();
    assertThat(caller.reserve(10, limit).granted()).isFalse();

    await().until(() -> caller.reserve(5, limit).granted());

    var slow = bucket("slow", 0.001, 10);
    var taken = caller.reserve(10, slow);
    assertThat(caller.settle(taken, 25)).as("debt").containsExactly(-15L);
    var remaining = caller.remaining(slow).getFirst();
    assertThat(remaining.resetsAt()).isAfter(Instant.now().plusSeconds(24_000));
  }

  @Test
  void renewsASlidingWindow() {
    var limit = sliding("k", Duration.ofMillis(400), 10);
    assertThat(caller.reserve(10, limit).granted()).isTrue();

    await().until(() -> caller.reserve(1, limit).granted());
    await().until(() -> caller.peek(limit).equals(List.of(10L)));
  }

  @Test
  void renewsAFixedWindow() {
    var limit = new Limit("k", new Window.Fixed("second", "UTC"), 1);
    caller.add(5, limit);

    await().until(() -> caller.reserve(1, limit).granted());
  }

  @Test
  void keepsOwnersKeysAndWindowsApart() {
    var scope = UUID.randomUUID().toString();
    var one = new CounterCaller(open(scope));
    var other = new CounterCaller(open(scope + "2"));
    one.add(3, perHour("k", 10));

    assertThat(other.peek(perHour("k", 10))).containsExactly(10L);
    assertThat(one.peek(perHour("j", 10))).containsExactly(10L);
    assertThat(one.peek(new Limit("k", new Window.Fixed("day", "UTC"), 10))).containsExactly(10L);
    assertThat(new CounterCaller(open(scope)).peek(perHour("k", 20)))
        .as("the amount belongs to the question")
        .containsExactly(17L);
  }

  @Test
  void takesKeysOfAnyCharacters() {
    var limit = perHour("ключ \" \n {tag with : and ä} \u0000", 10);

    caller.add(4, limit);

    assertThat(caller.peek(limit)).containsExactly(6L);
  }

  @Test
  void countsLargeAmountsExactly() {
    var limit = perHour("k", 1L << 52);
    caller.add((1L << 51) + 1, limit);

    assertThat(caller.peek(limit)).containsExactly((1L << 51) - 1);
  }

  @Test
  void refusesWhatCannotBeCounted() {
    refused(Reason.BAD_ARGUMENT, "0 limits (expected: 1..16)", () -> caller.peek());
    refused(
        Reason.BAD_ARGUMENT, "amount: -1 (expected: 0..", () -> caller.add(-1, perHour("k", 1)));
    refused(
        Reason.BAD_ARGUMENT,
        "\"a\" and \"b\" are taken together (expected: the same {tag}",
        () -> caller.peek(perHour("a", 1), perHour("b", 1)));
    refused(
        Reason.BAD_ARGUMENT,
        "\"a\" is taken twice",
        () -> caller.peek(perHour("a", 1), perHour("a", 1)));
    refused(
        Reason.BAD_ARGUMENT,
        "unit of k: \"year\" (expected: one of",
        () -> caller.peek(new Limit("k", new Window.Fixed("year", "UTC"), 1)));
    refused(
        Reason.BAD_ARGUMENT,
        "zone of k: \"Mars\" (expected: a time zone",
        () -> caller.peek(new Limit("k", new Window.Fixed("day", "Mars"), 1)));
    refused(Reason.BAD_ARGUMENT, "perSecond of k: 0.0", () -> caller.peek(bucket("k", 0, 1)));
    refused(
        Reason.BAD_ARGUMENT,
        "length of k: PT0S (expected: 1 ms to 400 days)",
        () -> caller.peek(sliding("k", Duration.ZERO, 1)));
    refused(
        Reason.BAD_ARGUMENT,
        "\"k\" counts slots (expected: reserve, not add)",
        () -> caller.add(1, slots("k", Duration.ofSeconds(1), 1)));
    refused(
        Reason.BAD_ARGUMENT,
        "expiry: PT0S",
        () -> caller.reserve(1, Duration.ZERO, perHour("k", 1)));
    refused(Reason.BAD_ARGUMENT, "a key of 0 characters", () -> caller.peek(perHour("", 1)));
  }

  @Test
  void neverGrantsMoreThanTheLimitToManyAtOnce() throws Exception {
    var scope = UUID.randomUUID().toString();
    var tokens = perHour("{t}tokens", 10_000);
    var requests = perHour("{t}requests", 100_000);
    var slots = slots("{t}slots", Duration.ofMinutes(5), 8);
    var used = new AtomicLong();
    var done = new ArrayList<Future<?>>();
    try (var threads = Executors.newFixedThreadPool(4)) {
      for (int t = 0; t < 4; t++) {
        int seed = t;
        done.add(
            threads.submit(
                () -> {
                  var mine = new CounterCaller(open(scope));
                  var random = new Random(seed);
                  for (int i = 0; i < 250; i++) {
                    var taken = mine.reserve(random.nextInt(100), tokens, requests, slots);
                    if (taken.granted()) {
                      long real = random.nextInt(60);
                      used.addAndGet(real);
                      mine.settle(taken, real);
                    }
                  }
                  return null;
                }));
      }
    }
    for (var each : done) {
      each.get();
    }
    var all = new CounterCaller(open(scope));

    assertThat(all.peek(tokens, requests, slots))
        .as("seeds 0..3")
        .containsExactly(10_000 - used.get(), 100_000 - used.get(), 8L);
    assertThat(used.get()).isPositive();
  }
}
