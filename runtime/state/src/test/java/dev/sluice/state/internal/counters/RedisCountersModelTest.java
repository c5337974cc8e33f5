package dev.sluice.state.internal.counters;

import dev.sluice.plugin.host.Counters;
import dev.sluice.state.internal.redis.RedisLink;
import dev.sluice.state.internal.redis.RedisNames;
import dev.sluice.state.internal.redis.RedisScript;
import dev.sluice.state.internal.redis.RedisSettings;
import dev.sluice.state.testing.RedisServer;
import io.lettuce.core.ScriptOutputType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;

/** Holds counters in Redis against the model; the script is told the time instead of asking. */
@Tag("peers")
class RedisCountersModelTest {
  private static final String ASKS = "redis.call('TIME')";
  private static final RedisScript TOLD =
      RedisScript.of(
          RedisScript.of(RedisCounters.class, "counters")
              .text()
              .replace(ASKS, "{redis.call('GET', 'test:s'), redis.call('GET', 'test:us')}"));

  /** Counts in a server of one version. */
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  abstract static class InServer extends CountersModelContract {
    private final String binary;
    private final List<RedisCounters> processes = new ArrayList<>();
    private @Nullable RedisServer server;
    private @Nullable RedisLink link;
    private long told;

    InServer(String binary) {
      this.binary = binary;
    }

    @BeforeAll
    void startServer() {
      server = RedisServer.start(binary);
      link =
          new RedisLink(
              "counters", RedisSettings.of(Map.of("url", server.url(), "timeout", "20000")));
    }

    @AfterAll
    void stopServer() {
      if (link != null) {
        link.close();
      }
      if (server != null) {
        server.close();
      }
    }

    @Override
    Counters open(String scope) {
      var counters =
          new RedisCounters(
              Objects.requireNonNull(link), processes.size() * 1_000_000L, TOLD, clock::get);
      processes.add(counters);
      return new OnTime(counters.open(scope, Runnable::run), this::tell);
    }

    /** Tells the server the time, when it has changed. */
    private void tell() {
      long now = clock.get();
      if (now != told) {
        var script =
            RedisScript.of(
                "redis.call('SET', 'test:s', ARGV[1]) redis.call('SET', 'test:us', ARGV[2])"
                    + " return 1");
        var arguments = List.of(RedisNames.bytes(now / 1000), RedisNames.bytes(now % 1000 * 1000));
        Objects.requireNonNull(link)
            .run(script, ScriptOutputType.INTEGER, List.of(), arguments)
            .join();
        told = now;
      }
    }

    @Override
    void sweep() {
      processes.forEach(RedisCounters::sweep);
    }

    @Override
    long slotEnd(long now, long until) {
      return until;
    }

    /** Keys live by the server's own clock, so the time is one that lies ahead of it. */
    @Override
    long begin(Random random) {
      return System.currentTimeMillis() + random.nextLong(50L * 365 * 86_400_000);
    }

    @Override
    int rounds() {
      return 3;
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
