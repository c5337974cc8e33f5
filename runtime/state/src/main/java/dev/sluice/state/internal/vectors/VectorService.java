package dev.sluice.state.internal.vectors;

import dev.sluice.plugin.engine.ServiceUsage;
import dev.sluice.plugin.host.Clock;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.plugin.host.Vectors;
import dev.sluice.state.internal.redis.RedisLink;
import dev.sluice.state.internal.redis.RedisLink.Call;
import dev.sluice.state.internal.redis.RedisSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps vectors where the configuration says: in memory, or in a Redis server that can find them,
 * with what it says for the time that the server is away. May be configured again while owners use
 * it. Thread-safe.
 */
public final class VectorService implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(VectorService.class);

  private volatile LongSupplier nanos = System::nanoTime;
  private final MemoryVectors memory = new MemoryVectors(() -> nanos.getAsLong());
  private final RedisVectors.WallClock clock;
  private Map<String, String> inForce = Map.of();
  private volatile @Nullable Shared shared;

  /** Is a server in use. */
  private record Shared(RedisLink connection, RedisVectors vectors) {}

  /** Keeps vectors in memory until configured otherwise. */
  public VectorService() {
    this(System::currentTimeMillis);
  }

  VectorService(RedisVectors.WallClock clock) {
    this.clock = clock;
  }

  /** Tells time by a clock where vectors are kept in memory; before anything is kept. */
  public void clock(Clock by) {
    nanos = by::monotonicNanos;
  }

  /**
   * Keeps vectors elsewhere from now on; those kept until now stay where they are. Waits for the
   * server, up to its timeout; one that does not answer is tried again by later calls.
   *
   * @param settings as {@link RedisSettings#of} reads them; empty for memory
   */
  public synchronized void configure(Map<String, String> settings) {
    if (settings.equals(inForce)) {
      return;
    }
    var old = shared;
    shared = settings.containsKey("url") ? connect(settings) : null;
    inForce = Map.copyOf(settings);
    if (old != null) {
      old.connection.closeLater();
    }
  }

  private Shared connect(Map<String, String> settings) {
    var redis = RedisSettings.of(settings);
    var connection = new RedisLink("vectors", redis);
    var made = new Shared(connection, new RedisVectors(connection, clock));
    try {
      made.vectors.index().get(redis.timeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // The url may hold a password.
      LOG.warn(
          "the Redis server for vectors does not answer yet: {}", String.valueOf(e.getCause()));
    }
    return made;
  }

  /** Opens the vectors of an owner. */
  public Vectors open(String scope, long maxBytes, Executor executor) {
    return new Opened(scope, maxBytes, executor);
  }

  /** Passes each call on to where vectors are kept now. */
  private final class Opened implements Vectors {
    private final String scope;
    private final long maxBytes;
    private final Executor executor;

    Opened(String scope, long maxBytes, Executor executor) {
      this.scope = scope;
      this.maxBytes = maxBytes;
      this.executor = executor;
    }

    private <T> void call(Call<Vectors, T> call, Completion<T> completion) {
      var server = shared;
      if (server == null) {
        call.on(inMemory(), completion);
        return;
      }
      var otherwise =
          switch (server.connection.onUnavailable()) {
            case DENY -> null;
            case ALLOW -> new Unfound(executor);
            case LOCAL -> inMemory();
          };
      var asked = server.vectors.index();
      if (!asked.isDone() || asked.isCompletedExceptionally()) {
        if (otherwise == null) {
          throw new ServiceException(Reason.UNAVAILABLE, "vectors: redis: not connected");
        }
        call.on(otherwise, completion);
        return;
      }
      var index = asked.join();
      if (index.isPresent()) {
        server.connection.call(
            server.vectors.open(index.get(), scope, maxBytes, executor),
            otherwise,
            call,
            completion);
      } else {
        call.on(inMemory(), completion);
      }
    }

    private Vectors inMemory() {
      return memory.open(scope, maxBytes, executor);
    }

    @Override
    public void upsert(
        String namespace, Item item, @Nullable Duration ttl, Completion<Boolean> completion) {
      call((vectors, done) -> vectors.upsert(namespace, item, ttl, done), completion);
    }

    @Override
    public void search(String namespace, Query query, Completion<List<Hit>> completion) {
      call((vectors, done) -> vectors.search(namespace, query, done), completion);
    }

    @Override
    public void delete(String namespace, String key, Completion<Boolean> completion) {
      call((vectors, done) -> vectors.delete(namespace, key, done), completion);
    }

    @Override
    public void deleteWhere(
        String namespace, Map<String, String> filter, Completion<Long> completion) {
      call((vectors, done) -> vectors.deleteWhere(namespace, filter, done), completion);
    }
  }

  /** Returns what owners keep in memory. */
  public List<ServiceUsage> usage() {
    return memory.usage();
  }

  @Override
  public synchronized void close() {
    memory.close();
    var server = shared;
    if (server != null) {
      server.connection.close();
    }
    shared = null;
  }
}
