package dev.sluice.state.internal.vectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

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

/** Keeps vectors in a Redis that has no vector sets but the search module. */
@Tag("peers")
class SearchModuleVectorsTest extends RedisVectorsContract {
  private static @Nullable RedisServer server;

  @BeforeAll
  static void startServer() {
    server = RedisServer.start("redis-stack-server");
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
  void leavesNothingBehindWhenAllIsDeleted() {
    server().cli("FLUSHALL");
    var vectors = open("nothing");
    vectors.put("a", "1", Map.of("m", "x"), Duration.ofHours(1), 1, 0);
    assertThat(server().cli("FT._LIST")).startsWith("sluice:{f:");

    vectors.deleteWhere("a", Map.of());

    assertThat(server().cli("FT._LIST")).isEmpty();
    // The sum of the sizes remains: 0.
    assertThat(server().cli("KEYS", "*").lines().toList())
        .singleElement()
        .asString()
        .endsWith(":t");
  }

  @Test
  void makesAnIndexAgainThatSomebodyDropped() {
    var vectors = open("dropped");
    vectors.put("a", "1", 1, 0);
    for (var index : server().cli("FT._LIST").lines().toList()) {
      server().cli("FT.DROPINDEX", index);
    }

    // The server fills it in the background.
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> vectors.keys("a", 9, 1, 0).equals(List.of("1")));
  }

  @Test
  void keepsVectorsInMemoryInAnotherDatabaseThanTheFirst() {
    service.configure(Map.of("url", server().url() + "/3", "timeout", "10000"));
    var vectors = open("third");

    assertThat(vectors.put("a", "1", 1, 0)).isTrue();
    assertThat(vectors.keys("a", 9, 1, 0)).containsExactly("1");
    assertThat(server().cli("-n", "3", "DBSIZE")).isEqualTo("0");
  }
}
