package dev.sluice.state.internal.store;

import dev.sluice.plugin.host.Store;
import dev.sluice.state.testing.RedisServer;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;

/** Keeps values in Redis. */
@Tag("peers")
class RedisStoreTest {
  /** Keeps them in a server of one version. */
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  abstract static class InServer extends StoreContract {
    private final String binary;
    private final StoreService service = new StoreService();
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
    Store open(String scope, long maxBytes) {
      return service.open(scope, maxBytes, Runnable::run);
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
