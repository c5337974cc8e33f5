package dev.sluice.state.internal.counters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugin.host.Counters;
import dev.sluice.plugin.host.Counters.Limit;
import dev.sluice.plugin.host.Counters.Remaining;
import dev.sluice.plugin.host.Counters.Window;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.state.testing.Answers;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * Holds counters against a plain model, under random calls of several owners, a clock that steps
 * forth and back, and owners that vanish. {@code -Dsluice.counters.seed=N} repeats a run, {@code
 * -Dsluice.counters.rounds=N} makes more of them.
 */
abstract class CountersModelContract {
  private static final List<Limit> LIMITS =
      List.of(
          fixed("second", "UTC", 60),
          fixed("minute", "Asia/Kathmandu", 100),
          fixed("hour", "Europe/Berlin", 200),
          fixed("day", "Europe/Berlin", 300),
          fixed("day", "America/Sao_Paulo", 300),
          fixed("week", "America/New_York", 500),
          fixed("month", "Asia/Tokyo", 1000),
          new Limit("{t}s1", new Window.Sliding(Duration.ofSeconds(10)), 80),
          new Limit("{t}s2", new Window.Sliding(Duration.ofMinutes(7)), 150),
          new Limit("{t}b1", new Window.TokenBucket(3.5), 70),
          new Limit("{t}b2", new Window.TokenBucket(0.01), 90),
          new Limit("{t}n1", new Window.Concurrency(Duration.ofSeconds(5)), 3),
          new Limit("{t}n2", new Window.Concurrency(Duration.ofMinutes(10)), 6));

  /** The time in milliseconds since 1970. */
  final AtomicLong clock = new AtomicLong();

  private static Limit fixed(String unit, String zone, long amount) {
    return new Limit("{t}" + unit + zone, new Window.Fixed(unit, zone), amount);
  }

  /** Opens counters that tell the time by the clock; each time for another process. */
  abstract Counters open(String scope);

  /** Has them forget what is over. */
  abstract void sweep();

  /** Says when a slot ends that is taken at a time until another. */
  abstract long slotEnd(long now, long until);

  /** Returns when runs begin. */
  abstract long begin(Random random);

  abstract int rounds();

  @Test
  void countsAsTheModelDoes() {
    var fixedSeed = Long.getLong("sluice.counters.seed");
    int rounds = fixedSeed == null ? Integer.getInteger("sluice.counters.rounds", rounds()) : 1;
    for (int round = 0; round < rounds; round++) {
      long seed = fixedSeed == null ? new Random().nextLong() : fixedSeed;
      try {
        new Run(seed).steps(300);
      } catch (AssertionError | ServiceException e) {
        throw new AssertionError("-Dsluice.counters.seed=" + seed + ": " + e.getMessage(), e);
      }
    }
  }

  /** Is one sequence of calls. */
  private final class Run {
    private final Random random;
    private final CounterModel model = new CounterModel(CountersModelContract.this::slotEnd);
    private final String scope = UUID.randomUUID().toString();
    private final Deque<String> past = new ArrayDeque<>();
    private final List<Open> open = new ArrayList<>();
    private CounterCaller caller;
    private long floor;
    private int granted;
    private int refused;

    /** Is a reservation and who holds it. */
    private record Open(long id, CounterCaller holder, long amount) {}

    Run(long seed) {
      random = new Random(seed);
      clock.set(begin(random));
      floor = clock.get() - 10_000;
      caller = new CounterCaller(open(scope));
    }

    void steps(int count) {
      for (int i = 0; i < count; i++) {
        step();
        check();
      }
      assertThat(granted).as("granted").isPositive();
      assertThat(refused).as("refused").isPositive();
    }

    private void step() {
      switch (random.nextInt(20)) {
        case 0, 1, 2, 3, 4, 5, 6, 7 -> reserve();
        case 8, 9, 10, 11, 12 -> settle();
        case 13 -> add();
        case 14 -> crash();
        case 15 -> {
          did("sweep");
          sweep();
          model.sweep(clock.get());
          floor = clock.get();
        }
        default -> passTime();
      }
    }

    private List<Limit> someLimits(boolean slots) {
      var all = new ArrayList<>(LIMITS);
      if (!slots) {
        all.removeIf(limit -> limit.window() instanceof Window.Concurrency);
      }
      Collections.shuffle(all, random);
      return List.copyOf(all.subList(0, 1 + random.nextInt(3)));
    }

    private void reserve() {
      var limits = someLimits(true);
      long amount = random.nextInt(40);
      long expiry = 1L + random.nextInt(random.nextInt(4) == 0 ? 3_600_000 : 8_000);
      did("reserve " + amount + " for " + expiry + " of " + limits);
      long now = clock.get();
      boolean expected = model.grants(limits, amount, now);
      var decision =
          caller.reserve(amount, Duration.ofMillis(expiry), limits.toArray(Limit[]::new));
      assertThat(decision.granted()).as("granted, %s", past).isEqualTo(expected);
      if (expected) {
        granted++;
        model.reserve(decision.reservation(), limits, amount, now, expiry);
        open.add(new Open(decision.reservation(), caller, amount));
      } else {
        refused++;
      }
      same(limits, decision.remaining());
    }

    private void settle() {
      if (open.isEmpty()) {
        return;
      }
      var one = open.remove(random.nextInt(open.size()));
      long amount =
          switch (random.nextInt(4)) {
            case 0 -> one.amount;
            case 1 -> one.amount + random.nextInt(60);
            default -> random.nextLong(one.amount + 1);
          };
      did("settle " + one.id + " of " + one.amount + " with " + amount);
      boolean expected = model.settle(one.id, amount, clock.get());
      boolean done;
      try {
        Answers.<List<Remaining>>await(
            answer -> one.holder.counters().settle(one.id, amount, answer));
        done = true;
      } catch (ServiceException e) {
        assertThat(e.reason()).isEqualTo(ServiceException.Reason.NOT_FOUND);
        done = false;
      }
      assertThat(done).as("settled, %s", past).isEqualTo(expected);
    }

    private void add() {
      var limits = someLimits(false);
      long amount = random.nextInt(30);
      did("add " + amount + " to " + limits);
      model.add(limits, amount, clock.get());
      caller.add(amount, limits.toArray(Limit[]::new));
    }

    /** Nobody settles what the owner before had open; another begins. */
    private void crash() {
      did("crash with " + open.size() + " open");
      open.clear();
      caller = new CounterCaller(CountersModelContract.this.open(scope));
    }

    private void passTime() {
      long by =
          switch (random.nextInt(12)) {
            case 0 -> -random.nextLong(5_000);
            case 1 -> random.nextLong(40L * 86_400_000);
            case 2 -> random.nextLong(2L * 3_600_000);
            case 3, 4 -> random.nextLong(120_000);
            case 5, 6, 7 -> random.nextLong(3_000);
            default -> random.nextLong(300);
          };
      clock.set(Math.max(floor, clock.get() + by));
      did("clock " + clock.get());
    }

    private void check() {
      same(LIMITS, caller.remaining(LIMITS.toArray(Limit[]::new)));
    }

    private void same(List<Limit> limits, List<Remaining> remaining) {
      long now = clock.get();
      for (int i = 0; i < limits.size(); i++) {
        assertThat(remaining.get(i).remaining())
            .as("left of %s, %s", limits.get(i), past)
            .isEqualTo(model.left(limits.get(i), now));
      }
    }

    private void did(String what) {
      past.add(what);
      if (past.size() > 12) {
        past.removeFirst();
      }
    }
  }
}
