package dev.sluice.state.internal.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.plugin.host.ServiceException;
import dev.sluice.state.testing.RedisServer;
import io.lettuce.core.ScriptOutputType;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Says how soon a server is used again that is back, by a clock that the test drives. */
@Tag("peers")
class RedisRecoveryTest {
  private static final RedisScript INCREMENT =
      RedisScript.of("return redis.call('INCRBY', KEYS[1], 1)");

  private final RedisServer server = RedisServer.start("redis-server");
  private final HandScheduler scheduler = new HandScheduler();
  private final RedisLink link =
      new RedisLink(
          "test", RedisSettings.of(Map.of("url", server.url(), "timeout", "500")), scheduler);

  /** Runs what is due when the test says how much time has passed. */
  private static final class HandScheduler extends ScheduledThreadPoolExecutor {
    private @Nullable Runnable task;
    private @Nullable ScheduledFuture<?> future;
    private long delay;
    private long passed;

    HandScheduler() {
      super(1, Thread.ofPlatform().daemon().factory());
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(
        Runnable command, long initialDelay, long fixedDelay, TimeUnit unit) {
      task = command;
      delay = unit.toMillis(Math.max(initialDelay, fixedDelay));
      passed = 0;
      // Only to be cancelled.
      future = schedule(() -> {}, 1, TimeUnit.DAYS);
      return future;
    }

    /** Lets time pass until a link is up, and returns how many milliseconds that took. */
    long untilUp(RedisLink link) {
      long waited = 0;
      while (!link.isUp() && waited < 60_000) {
        assertThat(Objects.requireNonNull(future).isCancelled()).isFalse();
        waited++;
        if (++passed == delay) {
          passed = 0;
          Objects.requireNonNull(task).run();
        }
      }
      return waited;
    }
  }

  @AfterEach
  void stop() {
    link.close();
    server.close();
  }

  private long add() {
    try {
      return link.<Long>run(
              INCREMENT, ScriptOutputType.INTEGER, List.of(RedisNames.bytes("k")), List.of())
          .join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  private void untilDown() {
    while (link.isUp()) {
      assertThatThrownBy(this::add).isInstanceOf(ServiceException.class);
    }
  }

  private void isNotAsked() {
    assertThatThrownBy(this::add)
        .isInstanceOf(ServiceException.class)
        .hasMessageContaining("not connected");
  }

  @Test
  void usesAServerThatWasPausedWithinASecondOfItsReturn() {
    assertThat(add()).isEqualTo(1);
    server.pause();
    untilDown();
    server.resume();
    isNotAsked();

    assertThat(scheduler.untilUp(link)).isLessThan(1_000);

    long now = add();
    assertThat(server.cli("GET", "k")).isEqualTo(Long.toString(now));
  }

  @Test
  void usesAServerThatWasStoppedWithinASecondOfItsReturn() {
    assertThat(add()).isEqualTo(1);
    server.stop();
    untilDown();
    // Many questions that nobody answers do not make the pauses between them longer.
    for (int i = 0; i < 8; i++) {
      Objects.requireNonNull(scheduler.task).run();
    }
    assertThat(link.isUp()).isFalse();
    server.restart();
    isNotAsked();

    assertThat(scheduler.untilUp(link)).isLessThan(1_000);

    assertThat(add()).isEqualTo(1);
    assertThat(server.cli("GET", "k")).isEqualTo("1");
  }

  @Test
  void neverWaitsASecondForAConnectionBeforeItAsksAgain() {
    assertThat(RedisLink.PROBE_MILLIS + RedisLink.CONNECTING_MILLIS).isLessThan(1_000);
  }
}
