package dev.sluice.state.internal.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.http.testing.LeakCheck;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.state.testing.RedisServer;
import io.lettuce.core.ScriptOutputType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Ends links at any moment of their lives; the leak detector says what they leave behind. */
@Tag("peers")
@ExtendWith(LeakCheck.class)
class RedisClosingTest {
  private static final RedisScript ONE = RedisScript.of("return 1");

  private static RedisLink link(RedisServer server) {
    return new RedisLink("test", RedisSettings.of(Map.of("url", server.url(), "timeout", "500")));
  }

  private static CompletableFuture<Long> ask(RedisLink link) {
    return link.run(ONE, ScriptOutputType.INTEGER, List.of(), List.of());
  }

  @Test
  void leavesNothingBehindWhenItIsClosedWhileConnecting() {
    try (var server = RedisServer.start("redis-server")) {
      var answers = new ArrayList<CompletableFuture<Long>>();
      for (int i = 0; i < 400; i++) {
        var link = link(server);
        answers.add(ask(link).exceptionally(error -> 0L));
        LockSupport.parkNanos(i % 100 * 30_000L);
        link.close();
      }
      assertThat(answers)
          .allSatisfy(answer -> assertThat(answer).succeedsWithin(10, TimeUnit.SECONDS));
    }
  }

  @Test
  void leavesNothingBehindWhenItIsClosedWhileConnectingAgain() {
    try (var server = RedisServer.start("redis-server")) {
      var links = new ArrayList<RedisLink>();
      for (int i = 0; i < 20; i++) {
        var link = link(server);
        link.connect();
        links.add(link);
      }
      server.stop();
      for (var link : links) {
        LockSupport.parkNanos(7_000_000);
        link.close();
      }
      assertThat(links)
          .allSatisfy(
              link ->
                  assertThatThrownBy(() -> ask(link).get(10, TimeUnit.SECONDS))
                      .hasCauseInstanceOf(ServiceException.class));
    }
  }
}
