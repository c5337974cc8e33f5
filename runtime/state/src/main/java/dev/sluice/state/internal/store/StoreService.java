package dev.sluice.state.internal.store;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.sluice.plugin.engine.ServiceUsage;
import dev.sluice.plugin.host.Clock;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Store;
import dev.sluice.state.internal.redis.RedisLink;
import dev.sluice.state.internal.redis.RedisLink.Call;
import dev.sluice.state.internal.redis.RedisSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Keeps values where the configuration says: in memory, or in a Redis server, with what it says for
 * the time that the server is away. May be configured again while owners use it. Thread-safe.
 */
public final class StoreService implements AutoCloseable {
  private volatile Ticker ticker = Ticker.systemTicker();
  private final MemoryStore memory = new MemoryStore(() -> ticker.read());
  private Map<String, String> inForce = Map.of();
  private volatile @Nullable Shared shared;

  /** Is a server in use. */
  private record Shared(RedisLink link, RedisStore store) {}

  /** Keeps values in memory until configured otherwise. */
  public StoreService() {}

  /** Tells time by a clock; before anything is kept. */
  public void clock(Clock clock) {
    ticker = clock::monotonicNanos;
  }

  /**
   * Keeps values elsewhere from now on; those kept until now stay where they are. Waits for the
   * server, up to its timeout; one that does not answer is asked again later.
   *
   * @param settings as {@link RedisSettings#of} reads them; empty for memory
   */
  public synchronized void configure(Map<String, String> settings) {
    if (settings.equals(inForce)) {
      return;
    }
    var old = shared;
    if (settings.containsKey("url")) {
      var link = new RedisLink("store", RedisSettings.of(settings));
      link.connect();
      shared = new Shared(link, new RedisStore(link));
    } else {
      shared = null;
    }
    inForce = Map.copyOf(settings);
    if (old != null) {
      old.link.closeLater();
    }
  }

  /** Opens the values of an owner. */
  public Store open(String scope, long maxBytes, Executor executor) {
    return new Opened(scope, maxBytes, executor);
  }

  /** Passes each call on to where values are kept now. */
  private final class Opened implements Store {
    private final String scope;
    private final long maxBytes;
    private final Executor executor;
    private final Store inMemory;

    Opened(String scope, long maxBytes, Executor executor) {
      this.scope = scope;
      this.maxBytes = maxBytes;
      this.executor = executor;
      inMemory = memory.open(scope, maxBytes, executor);
    }

    private <T> void call(Call<Store, T> call, Completion<T> completion) {
      var server = shared;
      if (server == null) {
        call.on(inMemory, completion);
        return;
      }
      var otherwise =
          switch (server.link.onUnavailable()) {
            case DENY -> null;
            case ALLOW -> new Unkept(executor);
            case LOCAL -> inMemory;
          };
      server.link.call(server.store.open(scope, maxBytes, executor), otherwise, call, completion);
    }

    @Override
    public void get(String key, Completion<Optional<Entry>> completion) {
      call((store, done) -> store.get(key, done), completion);
    }

    @Override
    public void set(String key, byte[] value, @Nullable Duration ttl, Completion<Long> completion) {
      call((store, done) -> store.set(key, value, ttl, done), completion);
    }

    @Override
    public void compareAndSet(
        String key,
        byte[] value,
        long expected,
        @Nullable Duration ttl,
        Completion<Long> completion) {
      call((store, done) -> store.compareAndSet(key, value, expected, ttl, done), completion);
    }

    @Override
    public void delete(String key, Completion<Boolean> completion) {
      call((store, done) -> store.delete(key, done), completion);
    }

    @Override
    public void lock(String key, Duration expiry, Completion<Optional<Lock>> completion) {
      call((store, done) -> store.lock(key, expiry, done), completion);
    }

    @Override
    public void unlock(Lock lock, Completion<Boolean> completion) {
      call((store, done) -> store.unlock(lock, done), completion);
    }
  }

  /** Returns what owners keep in memory. */
  public List<ServiceUsage> usage() {
    return memory.usage();
  }

  @Override
  public synchronized void close() {
    var server = shared;
    if (server != null) {
      server.link.close();
    }
    shared = null;
  }
}
