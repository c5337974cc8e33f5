package dev.sluice.state.internal.counters;

import static dev.sluice.state.internal.counters.CounterCaller.perHour;
import static dev.sluice.state.internal.counters.CounterCaller.slots;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.plugin.engine.ServiceUsage;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Counters.Decision;
import dev.sluice.plugin.host.Counters.Limit;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.state.testing.Eventually;
import dev.sluice.state.testing.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Takes the server of counters away, in each way that there is, and brings it back. */
@Tag("peers")
class RedisFailuresTest {
  private static final Limit LIMIT = perHour("{k}l", 10);
  private static final Limit SLOT = slots("{k}s", Duration.ofMinutes(30), 5);

  /** Is a way to be away. */
  private enum Away {
    STOPPED {
      @Override
      void begin(RedisServer server) {
        server.stop();
      }

      @Override
      void end(RedisServer server) {
        server.restart();
      }
    },
    PAUSED {
      @Override
      void begin(RedisServer server) {
        server.pause();
      }

      @Override
      void end(RedisServer server) {
        server.resume();
      }
    };

    abstract void begin(RedisServer server);

    abstract void end(RedisServer server);
  }

  private RedisServer server = RedisServer.start("redis-server");
  private final CounterService service = new CounterService();

  @BeforeEach
  void start() {
    assertThat(server.cli("PING")).isEqualTo("PONG");
  }

  @AfterEach
  void stop() {
    service.close();
    server.close();
  }

  private CounterCaller open(String policy, int timeout) {
    service.configure(
        Map.of("url", server.url(), "timeout", Integer.toString(timeout), "onUnavailable", policy));
    return new CounterCaller(service.open("owner", 1 << 20, Runnable::run));
  }

  private long openInRedis() {
    return service.usage().stream()
        .filter(usage -> usage.scope().equals("redis"))
        .mapToLong(ServiceUsage::items)
        .sum();
  }

  private static void isAway(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ServiceException.class,
            e -> assertThat(e.reason()).isIn(Reason.TIMEOUT, Reason.UNAVAILABLE));
  }

  @ParameterizedTest
  @CsvSource({
    "STOPPED, deny",
    "STOPPED, allow",
    "STOPPED, local",
    "PAUSED, deny",
    "PAUSED, allow",
    "PAUSED, local",
  })
  void doesWhatThePolicySaysUntilTheServerIsBack(Away away, String policy) {
    var caller = open(policy, 300);
    assertThat(caller.add(4, LIMIT)).containsExactly(6L);

    away.begin(server);
    // Every answer comes while the server is still away: the timeout bounds it, nothing else.
    for (int i = 0; i < 6; i++) {
      switch (policy) {
        case "deny" -> isAway(() -> caller.reserve(3, LIMIT));
        case "allow" -> {
          var granted = caller.reserve(1_000, LIMIT);
          assertThat(granted.granted()).isTrue();
          assertThat(caller.settle(granted, 3)).isEmpty();
        }
        default -> {
          var decision = caller.reserve(3, LIMIT);
          assertThat(decision.granted()).as("10 are there in this process").isEqualTo(i < 3);
        }
      }
    }
    away.end(server);

    long there = away == Away.STOPPED ? 10 : 6;
    Eventually.isTrue(() -> caller.peek(LIMIT).equals(List.of(there)));
    Eventually.isTrue(() -> caller.reserve(1, LIMIT).granted());
  }

  @Test
  void blocksNobodyWhileTheServerIsSilent() throws Exception {
    var caller = open("deny", 2_000);
    caller.add(1, LIMIT);
    server.pause();
    try (var loop = Executors.newSingleThreadExecutor()) {
      var counters = service.open("owner", 1 << 20, loop);
      var answer = new CompletableFuture<Decision>();
      var goesOn =
          CompletableFuture.supplyAsync(
              () -> {
                counters.reserve(
                    List.of(LIMIT),
                    1,
                    Duration.ofMinutes(1),
                    Completion.of(answer::complete, answer::completeExceptionally));
                return answer.isDone();
              },
              loop);

      assertThat(goesOn.get(30, TimeUnit.SECONDS)).as("answered within the call").isFalse();
      assertThat(CompletableFuture.supplyAsync(answer::isDone, loop).get(30, TimeUnit.SECONDS))
          .as("the loop did something else meanwhile")
          .isFalse();
      assertThatThrownBy(() -> answer.get(60, TimeUnit.SECONDS))
          .hasCauseInstanceOf(ServiceException.class);
    }
  }

  @Test
  void undoesWhatItGaveUpOn() {
    var caller = open("deny", 300);
    assertThat(caller.reserve(2, LIMIT, SLOT).granted()).isTrue();

    server.pause();
    // The server will do it when it goes on, though nobody waits any more.
    isAway(() -> caller.reserve(3, Duration.ofMinutes(30), LIMIT, SLOT));
    server.resume();

    Eventually.isTrue(() -> caller.peek(LIMIT, SLOT).equals(List.of(8L, 4L)));
    Eventually.isTrue(() -> openInRedis() == 1);
    assertThat(caller.peek(LIMIT, SLOT)).containsExactly(8L, 4L);
  }

  @ParameterizedTest
  @EnumSource(Away.class)
  void settlesWhenTheServerIsBack(Away away) {
    var caller = open("deny", 300);
    var less = caller.reserve(5, Duration.ofMinutes(30), LIMIT, SLOT);
    var more = caller.reserve(1, Duration.ofMinutes(30), LIMIT, SLOT);
    away.begin(server);
    for (int i = 0; i < 3; i++) {
      isAway(() -> caller.peek(LIMIT));
    }
    isAway(() -> caller.settle(less, 2));
    isAway(() -> caller.settle(more, 4));
    assertThatThrownBy(() -> caller.settle(less, 2)).hasMessageContaining("is not open");
    away.end(server);

    // An empty server knows of no reservation: all that was used is charged, and no slot held.
    Eventually.isTrue(() -> caller.peek(LIMIT, SLOT).equals(List.of(4L, 5L)));
    Eventually.isTrue(() -> openInRedis() == 0);
    assertThat(caller.peek(LIMIT, SLOT)).containsExactly(4L, 5L);
  }

  @Test
  void chargesWhatIsSettledAfterTheServerHasLostEverything() {
    var caller = open("deny", 1_000);
    var taken = caller.reserve(9, LIMIT, SLOT);
    assertThat(server.cli("FLUSHALL")).isEqualTo("OK");
    assertThat(server.cli("SCRIPT", "FLUSH")).isEqualTo("OK");

    assertThat(caller.settle(taken, 3)).containsExactly(7L, 5L);
  }

  @Test
  void countsNothingTwiceWhenConnectionsBreak() {
    var caller = open("deny", 1_000);
    var wide = perHour("wide", 1_000_000);
    int done = 0;
    int failed = 0;
    for (int i = 0; i < 300; i++) {
      if (i % 30 == 15) {
        server.cli("CLIENT", "KILL", "TYPE", "normal");
      }
      try {
        caller.add(1, wide);
        done++;
      } catch (ServiceException e) {
        failed++;
      }
    }
    int unknown = failed;
    long least = done;
    Eventually.isTrue(() -> !caller.peek(wide).isEmpty());
    assertThat(1_000_000 - caller.peek(wide).getFirst()).isBetween(least, least + unknown);
    assertThat(least).isPositive();
  }

  @Test
  void endsAReservationWhereItWasMade() {
    var inMemory = new CounterCaller(service.open("owner", 1 << 20, Runnable::run));
    var first = inMemory.reserve(5, LIMIT);
    var caller = open("deny", 5_000);
    var second = caller.reserve(7, LIMIT);
    assertThat(second.reservation()).isNotEqualTo(first.reservation());
    try (var other = RedisServer.start("redis-server")) {
      service.configure(Map.of("url", other.url(), "timeout", "5000"));
      var third = caller.reserve(2, LIMIT);

      assertThat(caller.settle(second, 1)).as("in the first server").containsExactly(9L);
      assertThat(caller.settle(first, 2)).as("in memory").containsExactly(8L);
      assertThat(caller.settle(third, 4)).as("in the second server").containsExactly(6L);
      service.configure(Map.of());
      assertThat(caller.peek(LIMIT)).containsExactly(8L);
    }
  }

  @Test
  void asksOnceForAllLimitsOfAnExchange() {
    var caller = open("deny", 5_000);
    caller.release(caller.reserve(1, LIMIT, SLOT));
    assertThat(server.cli("CONFIG", "RESETSTAT")).isEqualTo("OK");

    var taken = caller.reserve(1, LIMIT, SLOT, perHour("{k}a", 5), perHour("{k}b", 5));
    caller.settle(taken, 2);

    assertThat(server.cli("INFO", "commandstats"))
        .contains("cmdstat_evalsha:calls=2,")
        .doesNotContain("cmdstat_eval:");
  }

  @Test
  void keepsALimitSetInOneSlot() {
    var caller = open("deny", 5_000);
    caller.reserve(1, perHour("{team-a}tokens", 5), slots("{team-a}n", Duration.ofHours(1), 5));
    var keys = server.cli("KEYS", "*").lines().toList();

    assertThat(keys).hasSize(3).allMatch(key -> key.startsWith("sluice:{c:"));
    assertThat(keys.stream().map(key -> key.substring(0, key.indexOf('}'))).distinct()).hasSize(1);
  }

  @Test
  void leavesTheServersOwnErrorsToTheCaller() {
    var caller = open("local", 1_000);
    caller.add(1, LIMIT);
    server.cli("CONFIG", "SET", "maxmemory", "1");
    assertThat(caller.add(2, LIMIT)).as("full, so it counts here").containsExactly(8L);
    server.cli("CONFIG", "SET", "maxmemory", "0");

    Eventually.isTrue(() -> caller.add(0, LIMIT).equals(List.of(9L)));
  }
}
