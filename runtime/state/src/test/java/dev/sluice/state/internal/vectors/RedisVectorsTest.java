package dev.sluice.state.internal.vectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.state.testing.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Keeps vectors in a Redis with vector sets, and what happens without one. */
@Tag("peers")
class RedisVectorsTest extends RedisVectorsContract {
  private static @Nullable RedisServer server;

  @BeforeAll
  static void startServer() {
    server = RedisServer.start("redis8-server");
  }

  @AfterAll
  static void stopServer() {
    if (server != null) {
      server.close();
    }
  }

  @Override
  RedisServer server() {
    return Objects.requireNonNull(server);
  }

  @Test
  void saysThatTheServerIsGoneAndGoesOnWhenItIsBack() {
    try (var own = RedisServer.start("redis8-server")) {
      service.configure(Map.of("url", own.url(), "timeout", "500"));
      var vectors = open("gone");
      vectors.put("a", "1", 1, 0);

      own.stop();
      assertThatThrownBy(() -> vectors.keys("a", 1, 1, 0))
          .isInstanceOfSatisfying(
              ServiceException.class,
              e -> assertThat(e.reason()).isIn(Reason.UNAVAILABLE, Reason.TIMEOUT));
      own.restart();

      await()
          .atMost(Duration.ofSeconds(10))
          .ignoreExceptions()
          .until(() -> vectors.put("a", "2", 1, 0));
      assertThat(vectors.keys("a", 9, 1, 0)).containsExactly("2");
    }
  }

  @Test
  void connectsLaterToAServerThatWasNotThere() {
    try (var own = RedisServer.start("redis8-server")) {
      own.stop();
      service.configure(Map.of("url", own.url(), "timeout", "500"));
      var vectors = open("late");
      assertThatThrownBy(() -> vectors.keys("a", 1, 1, 0))
          .hasMessageContaining("vectors: redis: not connected");
      own.restart();

      await()
          .atMost(Duration.ofSeconds(10))
          .ignoreExceptions()
          .until(() -> vectors.keys("a", 9, 1, 0).equals(List.of()));
    }
  }

  @Test
  void doesWhatThePolicySaysWhileTheServerIsAway() {
    try (var own = RedisServer.start("redis8-server")) {
      var settings = Map.of("url", own.url(), "timeout", "500", "onUnavailable", "local");
      service.configure(settings);
      var vectors = open("policy");
      vectors.put("a", "1", 1, 0);
      own.stop();

      assertThat(vectors.put("a", "2", 1, 0)).isTrue();
      assertThat(vectors.keys("a", 9, 1, 0)).containsExactly("2");
      service.configure(Map.of("url", own.url(), "timeout", "400", "onUnavailable", "allow"));
      assertThat(vectors.put("a", "3", 1, 0)).isTrue();
      assertThat(vectors.keys("a", 9, 1, 0)).isEmpty();
    }
  }

  @Test
  void keepsVectorsInMemoryWhereTheServerCannotFindThem() {
    try (var old = RedisServer.start("redis-server")) {
      service.configure(Map.of("url", old.url(), "timeout", "5000"));
      var vectors = open("old");

      assertThat(vectors.put("a", "1", 1, 0)).isTrue();
      assertThat(vectors.keys("a", 9, 1, 0)).containsExactly("1");
    }
  }
}
