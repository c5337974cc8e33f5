package dev.sluice.control.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.Transport;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class LoopWatchTest {
  @Test
  void seesALoopThatIsStuckUntilItTurnsAgain() {
    var release = new CountDownLatch(1);
    try (var transport = Transport.create(2)) {
      var loops = new LoopWatch(transport, Duration.ofSeconds(1));
      assertThat(loops.loops()).isEqualTo(2);
      transport
          .loops()
          .get(1)
          .execute(
              () -> {
                try {
                  release.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });

      await().until(loops::isStuck);
      assertThat(loops.lag(1)).isPositive();

      release.countDown();
      await().until(() -> !loops.isStuck());
    } finally {
      release.countDown();
    }
  }
}
