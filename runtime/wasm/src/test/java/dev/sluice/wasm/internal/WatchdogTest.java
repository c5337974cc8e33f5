package dev.sluice.wasm.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The hand-over between a call that ends and the watchdog that fires. */
class WatchdogTest {
  private final Watchdog watchdog = new Watchdog();

  @AfterEach
  void close() {
    watchdog.close();
  }

  @Test
  void interruptsACallThatUsesUpItsTimeAndLeavesNoInterruptBehind() {
    CallGuard guard = watchdog.register();
    guard.arm(TimeUnit.MILLISECONDS.toNanos(5));
    while (!Thread.currentThread().isInterrupted()) {
      Thread.onSpinWait();
    }
    assertThat(guard.disarm()).isTrue();
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
    assertThat(guard.disarm()).isFalse();
  }

  @Test
  void neverInterruptsTheCallAfterTheOneThatWasLate() {
    CallGuard guard = watchdog.register();
    long seed = System.nanoTime();
    var random = new Random(seed);
    int fired = 0;
    for (int i = 0; i < 200; i++) {
      guard.arm(TimeUnit.MILLISECONDS.toNanos(1));
      spin(random.nextInt(6_000));
      fired += guard.disarm() ? 1 : 0;
      // A second call begins at once, and is short.
      guard.arm(TimeUnit.SECONDS.toNanos(10));
      spin(random.nextInt(50));
      assertThat(Thread.currentThread().isInterrupted()).as("seed %d, round %d", seed, i).isFalse();
      assertThat(guard.disarm()).isFalse();
    }
    assertThat(fired).isPositive();
  }

  private static void spin(int micros) {
    long end = System.nanoTime() + TimeUnit.MICROSECONDS.toNanos(micros);
    while (System.nanoTime() < end) {
      Thread.onSpinWait();
    }
  }

  @Test
  void doesNotCountTheTimeOfPausesAsANewCall() {
    CallGuard guard = watchdog.register();
    guard.arm(TimeUnit.MILLISECONDS.toNanos(20));
    boolean outOfTime = false;
    long calls = 0;
    while (!outOfTime) {
      spin(100);
      outOfTime = guard.pause();
      assertThat(Thread.currentThread().isInterrupted()).isEqualTo(outOfTime);
      if (!outOfTime) {
        guard.resume();
      }
      calls++;
    }
    assertThat(guard.disarm()).isTrue();
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
    assertThat(calls).isPositive();
  }

  @Test
  void doesNotCountTheTimeThatAThreadSleeps() throws InterruptedException {
    CallGuard guard = watchdog.register();
    guard.arm(TimeUnit.MILLISECONDS.toNanos(50));
    // As long as ten limits, but no CPU time.
    assertThat(new CountDownLatch(1).await(500, TimeUnit.MILLISECONDS)).isFalse();
    assertThat(guard.disarm()).isFalse();
  }

  @Test
  void wakesUpForACallAfterARest() {
    CallGuard guard = watchdog.register();
    Awaitility.await().pollDelay(Duration.ofMillis(300)).until(() -> true);
    guard.arm(TimeUnit.MILLISECONDS.toNanos(5));
    while (!Thread.currentThread().isInterrupted()) {
      Thread.onSpinWait();
    }
    assertThat(guard.disarm()).isTrue();
  }
}
