package dev.sluice.state.internal.counters;

import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Counters.Decision;
import dev.sluice.plugin.host.Counters.Limit;
import dev.sluice.plugin.host.Counters.Window;
import dev.sluice.state.internal.redis.RedisLink;
import dev.sluice.state.internal.redis.RedisSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/**
 * Is a process that reserves on one limit, many times at once, settles two of three reservations
 * with another amount than was reserved, and says on its output what it is about to do and what
 * came of it. Arguments: url, first number of a reservation, seed, how many, milliseconds to
 * expiry.
 */
final class CounterWorker {
  static final Limit TOKENS = new Limit("{t}tokens", new Window.Fixed("month", "UTC"), 10_000);
  static final Limit SLOTS =
      new Limit("{t}slots", new Window.Concurrency(Duration.ofHours(1)), 1_000);

  private static final Limit BRIEF =
      new Limit("{w}", new Window.Sliding(Duration.ofMillis(1)), Integer.MAX_VALUE);

  /** More than are reserved at the same time would only wait for each other. */
  private static final int AT_ONCE = 250;

  private CounterWorker() {}

  /** Runs it. */
  public static void main(String[] arguments) throws Exception {
    var link =
        new RedisLink(
            "counters", RedisSettings.of(Map.of("url", arguments[0], "timeout", "30000")));
    var counters = new RedisCounters(link, Long.parseLong(arguments[1]));
    var random = new Random(Long.parseLong(arguments[2]));
    int count = Integer.parseInt(arguments[3]);
    var expiry = Duration.ofMillis(Long.parseLong(arguments[4]));
    var under = new Semaphore(AT_ONCE);
    warmUp(counters);
    say("ready", 0, 0);
    if (System.in.read() < 0) {
      return;
    }
    try (var loop = Executors.newSingleThreadExecutor()) {
      var opened = counters.open("two processes", loop);
      for (int i = 0; i < count; i++) {
        long amount = 1L + random.nextInt(50);
        long real = random.nextInt(80);
        boolean settles = random.nextInt(3) > 0;
        under.acquire();
        opened.reserve(
            List.of(TOKENS, SLOTS),
            amount,
            expiry,
            Completion.of(
                decision -> {
                  say(decision, amount);
                  if (!decision.granted() || !settles) {
                    under.release();
                    return;
                  }
                  say("settling", decision.reservation(), real);
                  opened.settle(
                      decision.reservation(),
                      real,
                      Completion.of(
                          left -> {
                            say("settled", decision.reservation(), real);
                            under.release();
                          },
                          error -> say("failed", 0, 0)));
                },
                error -> say("failed", 0, 0)));
      }
      under.acquire(AT_ONCE);
    }
    say("done", 0, 0);
    link.close();
  }

  /** Loads the code and connects, so that reservations take milliseconds and need not live long. */
  private static void warmUp(RedisCounters counters) {
    var caller = new CounterCaller(counters.open("warming up", Runnable::run));
    for (int i = 0; i < 20; i++) {
      caller.settle(caller.reserve(1, BRIEF), 1);
    }
  }

  private static void say(Decision decision, long amount) {
    if (decision.granted()) {
      say("granted", decision.reservation(), amount);
      say("left", decision.reservation(), decision.remaining().getFirst().remaining());
    } else {
      say("refused", 0, amount);
    }
  }

  private static synchronized void say(String what, long reservation, long number) {
    System.out.println(what + ' ' + reservation + ' ' + number);
    System.out.flush();
  }
}
