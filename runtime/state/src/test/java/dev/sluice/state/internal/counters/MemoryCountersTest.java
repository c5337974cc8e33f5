package dev.sluice.state.internal.counters;

import static dev.sluice.state.internal.counters.CounterCaller.perHour;
import static dev.sluice.state.internal.counters.CounterCaller.slots;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Counters;
import dev.sluice.plugin.host.Counters.Limit;
import dev.sluice.plugin.host.Counters.Window;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Counts in memory, also by a clock that steps. */
class MemoryCountersTest extends CountersContract {
  private final MemoryCounters real = new MemoryCounters(System::currentTimeMillis, 0);
  private final AtomicLong now = new AtomicLong(at("2026-03-10T10:20:30Z"));
  private final MemoryCounters stepped = new MemoryCounters(now::get, 0);
  private final CounterCaller caller = caller(1 << 20);

  @Override
  Counters open(String scope) {
    return real.open(scope, 64 << 20, Runnable::run);
  }

  private CounterCaller caller(long bytes) {
    return new CounterCaller(stepped.open("owner" + bytes, bytes, Runnable::run));
  }

  private static long at(String instant) {
    return Instant.parse(instant).toEpochMilli();
  }

  @ParameterizedTest
  @CsvSource({
    "second, UTC, 2026-03-10T10:20:30.900Z, 2026-03-10T10:20:31Z",
    "minute, UTC, 2026-03-10T10:20:30Z, 2026-03-10T10:21:00Z",
    "hour, Asia/Kathmandu, 2026-03-10T10:10:00Z, 2026-03-10T10:15:00Z",
    "day, Europe/Berlin, 2026-03-10T22:59:59Z, 2026-03-10T23:00:00Z",
    "day, Europe/Berlin, 2026-03-28T23:00:00Z, 2026-03-29T22:00:00Z",
    "day, Europe/Berlin, 2026-10-24T22:00:00Z, 2026-10-25T23:00:00Z",
    "day, America/Sao_Paulo, 2018-11-03T12:00:00Z, 2018-11-04T03:00:00Z",
    "hour, Australia/Lord_Howe, 2026-04-04T14:55:00Z, 2026-04-04T15:00:00Z",
    "week, UTC, 2026-03-10T00:00:00Z, 2026-03-16T00:00:00Z",
    "month, America/New_York, 2026-02-20T00:00:00Z, 2026-03-01T05:00:00Z",
    "month, UTC, 2028-02-29T23:59:59Z, 2028-03-01T00:00:00Z",
  })
  void alignsWindowsToTheCalendar(String unit, String zone, String from, String to) {
    now.set(at(from));
    var limit = new Limit("k", new Window.Fixed(unit, zone), 5);
    caller.add(5, limit);
    assertThat(caller.remaining(limit).getFirst().resetsAt()).isEqualTo(Instant.parse(to));

    now.set(at(to) - 1);
    assertThat(caller.peek(limit)).containsExactly(0L);
    now.set(at(to));
    assertThat(caller.peek(limit)).containsExactly(5L);
  }

  @Test
  void weighsTheBucketBefore() {
    now.set(at("2026-03-10T10:00:00Z"));
    var limit = new Limit("k", new Window.Sliding(Duration.ofMinutes(10)), 100);
    caller.add(80, limit);

    now.set(at("2026-03-10T10:12:30Z"));
    assertThat(caller.peek(limit)).as("three quarters of 80").containsExactly(40L);
    now.set(at("2026-03-10T10:20:00Z"));
    assertThat(caller.peek(limit)).containsExactly(100L);
  }

  @Test
  void givesNothingBackToAWindowThatIsOver() {
    var limit = perHour("k", 10);
    var taken = caller.reserve(10, Duration.ofHours(2), limit);
    var more = caller.reserve(0, Duration.ofHours(2), limit);
    now.addAndGet(Duration.ofHours(1).toMillis());
    caller.add(4, limit);

    assertThat(caller.settle(taken, 0)).containsExactly(6L);
    assertThat(caller.settle(more, 20)).as("debt is not forgotten").containsExactly(-14L);
  }

  @Test
  void keepsItsWindowWhenTheClockStepsBack() {
    var limit = perHour("k", 10);
    var bucket = new Limit("b", new Window.TokenBucket(1), 10);
    caller.add(10, limit);
    caller.add(10, bucket);
    now.addAndGet(-Duration.ofHours(3).toMillis());

    assertThat(caller.peek(limit)).containsExactly(0L);
    assertThat(caller.peek(bucket)).containsExactly(0L);
  }

  @Test
  void freesSlotsAtMostA64thLate() {
    var limit = slots("k", Duration.ofSeconds(64), 2);
    caller.reserve(1, Duration.ofHours(1), limit);
    long taken = now.get();

    now.set(taken + 63_999);
    assertThat(caller.peek(limit)).containsExactly(1L);
    now.set(taken + 65_000);
    assertThat(caller.peek(limit)).containsExactly(2L);
  }

  @Test
  void refusesNewCountersWhenThereIsNoRoomAndForgetsNone() {
    var small = caller(2_000);
    int made = 0;
    try {
      while (made < 100) {
        small.add(1, perHour("key" + made, 10));
        made++;
      }
    } catch (ServiceException e) {
      assertThat(e.reason()).isEqualTo(Reason.LIMIT);
      assertThat(e).hasMessageContaining("2000 bytes (limits.storeBytes)");
    }

    assertThat(made).isBetween(5, 10);
    for (int i = 0; i < made; i++) {
      assertThat(small.add(1, perHour("key" + i, 10)))
          .as("known counters go on")
          .containsExactly(8L);
    }
    now.addAndGet(Duration.ofHours(2).toMillis());
    stepped.sweep();
    assertThat(small.add(1, perHour("another", 10))).containsExactly(9L);
  }

  @Test
  void followsAChangedLimit() {
    var before = new CounterCaller(stepped.open("bound", 100, Runnable::run));
    assertThatThrownBy(() -> before.add(1, perHour("k", 10))).hasMessageContaining("100 bytes");

    var after = new CounterCaller(stepped.open("bound", 1 << 20, Runnable::run));

    assertThat(after.add(1, perHour("k", 10))).containsExactly(9L);
  }

  @Test
  void staysWithinTheErrorOfASlidingWindow() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    long length = 60_000;
    var limit = new Limit("sliding", new Window.Sliding(Duration.ofMillis(length)), 1_000);
    var times = new ArrayList<Long>();
    var amounts = new ArrayList<Long>();
    for (int i = 0; i < 2_000; i++) {
      now.addAndGet(random.nextInt(10) == 0 ? random.nextInt(40_000) : random.nextInt(400));
      long amount = random.nextInt(60);
      if (caller.reserve(amount, Duration.ofMinutes(2), limit).granted()) {
        times.add(now.get());
        amounts.add(amount);
      }
      long begin = Math.floorDiv(now.get(), length) * length;
      double f = (now.get() - begin) / (double) length;
      double before = 0;
      double exact = 0;
      for (int j = 0; j < times.size(); j++) {
        long time = times.get(j);
        exact += time > now.get() - length ? amounts.get(j) : 0;
        before += time >= begin - length && time < begin ? amounts.get(j) : 0;
      }
      double counted = 1_000 - caller.peek(limit).getFirst();
      // Rounded up to the next whole number.
      assertThat(exact)
          .as("seed %d, step %d", seed, i)
          .isBetween(counted - before * (1 - f) - 1, counted + before * f)
          .isLessThanOrEqualTo(2_000);
    }
  }

  @Test
  void forgetsWhatCountsNoMore() {
    for (int i = 0; i < 1000; i++) {
      caller.add(1, perHour("{tag" + i % 10 + "}" + i, 10));
      caller.reserve(1, perHour("r" + i, 10));
    }
    assertThat(stepped.usage().getFirst().items()).isEqualTo(3000);

    now.addAndGet(Duration.ofHours(2).toMillis());
    stepped.sweep();

    assertThat(stepped.usage().getFirst().items()).isZero();
    assertThat(stepped.usage().getFirst().bytes()).isZero();
  }

  @Test
  void keepsThousandsOfCountersWithOneTag() {
    var big = caller(64 << 20);
    for (int i = 0; i < 20_000; i++) {
      big.add(i, perHour("{t}" + i, 1 << 20));
    }
    for (int i = 0; i < 20_000; i += 777) {
      assertThat(big.peek(perHour("{t}" + i, 1 << 20))).containsExactly((1L << 20) - i);
    }
    now.addAndGet(Duration.ofHours(2).toMillis());
    stepped.sweep();
    assertThat(stepped.usage().getLast().bytes()).isZero();
  }

  @Test
  void answersOnTheCallersThreadAfterTheCall() {
    var tasks = new ArrayDeque<Runnable>();
    var counters = stepped.open("later", 1 << 20, tasks::add);
    var answers = new ArrayList<Long>();
    counters.add(
        List.of(perHour("k", 10)),
        1,
        Completion.of(remaining -> answers.add(remaining.getFirst().remaining()), e -> {}));
    assertThat(answers).isEmpty();

    tasks.forEach(Runnable::run);

    assertThat(answers).containsExactly(9L);
  }

  @Test
  void refusesAReservationOfAnotherOwner() {
    var taken = caller.reserve(1, perHour("k", 10));

    assertThatThrownBy(() -> caller(4096).settle(taken, 0))
        .isInstanceOf(ServiceException.class)
        .hasMessageContaining("is not open");
  }
}
