package dev.sluice.state.internal.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.state.testing.Eventually;
import dev.sluice.state.testing.RedisServer;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Takes the server of a store away and brings it back, empty. */
@Tag("peers")
class RedisStoreFailuresTest {
  private static final Duration HOUR = Duration.ofHours(1);

  private final RedisServer server = RedisServer.start("redis-server");
  private final StoreService service = new StoreService();

  @BeforeEach
  void start() {
    assertThat(server.cli("PING")).isEqualTo("PONG");
  }

  @AfterEach
  void stop() {
    service.close();
    server.close();
  }

  private StoreCaller open(String policy) {
    service.configure(Map.of("url", server.url(), "timeout", "300", "onUnavailable", policy));
    return new StoreCaller(service.open("owner", 1 << 20, Runnable::run));
  }

  private boolean isInServer(String value) {
    var script = "return redis.call('HGET', redis.call('KEYS', '*:d')[1] or 'none', 'k') or ''";
    return server.cli("EVAL", script, "0").endsWith(value);
  }

  @ParameterizedTest
  @ValueSource(strings = {"deny", "allow", "local"})
  void doesWhatThePolicySaysUntilTheServerIsBack(String policy) {
    var store = open(policy);
    store.set("k", "in redis");
    var lock = store.lock("l", HOUR).orElseThrow();

    server.stop();
    for (int i = 0; i < 5; i++) {
      switch (policy) {
        case "deny" ->
            assertThatThrownBy(() -> store.get("k"))
                .isInstanceOfSatisfying(
                    ServiceException.class,
                    e -> assertThat(e.reason()).isIn(Reason.TIMEOUT, Reason.UNAVAILABLE));
        case "allow" -> {
          assertThat(store.set("k", "lost")).isPositive();
          assertThat(store.get("k")).isEqualTo("nothing");
          assertThat(store.lock("l", HOUR)).isPresent();
        }
        default -> {
          assertThat(store.get("k")).isEqualTo(i == 0 ? "nothing" : "here " + (i - 1));
          store.set("k", "here " + i);
          assertThat(store.lock("l", HOUR).isPresent()).isEqualTo(i == 0);
        }
      }
    }
    server.restart();

    Eventually.isTrue(() -> store.set("k", "again") > 0 && isInServer("again"));
    var next = store.lock("l", HOUR).orElseThrow();
    assertThat(next.fence()).as("after a loss of everything").isGreaterThan(lock.fence());
  }

  @Test
  void learnsScriptsThatTheServerHasForgotten() {
    var store = open("deny");
    long version = store.set("k", "one");
    assertThat(server.cli("SCRIPT", "FLUSH")).isEqualTo("OK");

    assertThat(store.compareAndSet("k", "two", version)).isGreaterThan(version);
    assertThat(store.get("k")).isEqualTo("two");
  }
}
