package dev.sluice.state.internal.counters;

import dev.sluice.plugin.host.Counters;
import dev.sluice.state.testing.RedisServer;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;

/** Counts in Redis, by the server's clock. */
@Tag("peers")
class RedisCountersTest {
  /** Counts in a server of one version. */
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  abstract static class InServer extends CountersContract {
    private final String binary;
    private final CounterService service = new CounterService();
    private RedisServer server;

    InServer(String binary) {
      this.binary = binary;
    }

    @BeforeAll
    void startServer() {
      server = RedisServer.start(binary);
      service.configure(Map.of("url", server.url(), "timeout", "10000"));
    }

    @AfterAll
    void stopServer() {
      service.close();
      if (server != null) {
        server.close();
      }
    }

    @Override
    Counters open(String scope) {
      return service.open(scope, 1 << 20, Runnable::run);
    }
  }

  @Nested
  class Redis7 extends InServer {
    Redis7() {
      super("redis-server");
    }
  }

  @Nested
  class Redis8 extends InServer {
    Redis8() {
      super("redis8-server");
    }
  }
}
