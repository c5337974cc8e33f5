package dev.sluice.state.internal.vectors;

import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.plugin.host.Vectors;
import dev.sluice.state.internal.redis.RedisLink;
import dev.sluice.state.internal.redis.RedisNames;
import dev.sluice.state.internal.redis.RedisScript;
import io.lettuce.core.ScriptOutputType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps vectors in a Redis server that has vector sets or the search module, shared by all gateways
 * that use it. All keys of an owner have one hash tag, and each operation is one script.
 * Thread-safe.
 */
final class RedisVectors {
  private static final Logger LOG = LoggerFactory.getLogger(RedisVectors.class);
  private static final String DIMENSIONS = "DIMENSIONS ";

  private final RedisLink redis;
  private final WallClock clock;
  private @Nullable CompletableFuture<Optional<RedisIndex>> index;

  /** Tells the time of day in milliseconds. */
  @FunctionalInterface
  interface WallClock {
    long millis();
  }

  RedisVectors(RedisLink redis, WallClock clock) {
    this.redis = redis;
    this.clock = clock;
  }

  /**
   * Asks, once it is connected, how the server finds vectors, and says so if it cannot. The search
   * module is of use in database 0 of a single server only: elsewhere its index does not see the
   * keys.
   */
  synchronized CompletableFuture<Optional<RedisIndex>> index() {
    var known = index;
    if (known == null || known.isCompletedExceptionally()) {
      known =
          knows(RedisIndex.VECTOR_SETS)
              .thenCompose(
                  found ->
                      found.isPresent() || !redis.isDatabaseZeroOfOne()
                          ? CompletableFuture.completedFuture(found)
                          : knows(RedisIndex.SEARCH_MODULE))
              .thenApply(RedisVectors::tell);
      index = known;
    }
    return known;
  }

  private CompletableFuture<Optional<RedisIndex>> knows(RedisIndex candidate) {
    return redis
        .knows(candidate.command)
        .thenApply(has -> has ? Optional.of(candidate) : Optional.empty());
  }

  private static Optional<RedisIndex> tell(Optional<RedisIndex> index) {
    if (index.isEmpty()) {
      LOG.warn(
          "the Redis server cannot find vectors (expected: Redis 8 or later, or the search module"
              + " in database 0 of a server that is no cluster); vectors are kept in the memory of"
              + " this gateway");
    }
    return index;
  }

  /** Opens the vectors of an owner. */
  Vectors open(RedisIndex index, String scope, long maxBytes, Executor executor) {
    return new Opened(index, index.prefix(scope), maxBytes, executor);
  }

  /** Is what one caller holds. */
  private final class Opened implements Vectors {
    private final RedisIndex index;
    private final byte[] prefix;
    private final long maxBytes;
    private final Executor executor;

    Opened(RedisIndex index, byte[] prefix, long maxBytes, Executor executor) {
      this.index = index;
      this.prefix = prefix;
      this.maxBytes = maxBytes;
      this.executor = executor;
    }

    @Override
    public void upsert(
        String namespace, Item item, @Nullable Duration ttl, Completion<Boolean> completion) {
      VectorArguments.check(namespace, item);
      var unit = VectorArguments.unit(item.vector());
      long nanos = VectorArguments.nanos(ttl);
      var stored = new StoredVector(namespace, item, 0);
      long bytes = stored.bytes() + 4L * unit.length;
      if (bytes > maxBytes) {
        throw new ServiceException(
            Reason.LIMIT,
            "vectors: an item of " + bytes + " bytes (expected: at most " + maxBytes + ")");
      }
      long now = clock.millis();
      boolean ends = nanos != Long.MAX_VALUE;
      long expires = ends ? now + Math.max(1, nanos / 1_000_000) : 1L << 52;
      run(
          index.upsert,
          arguments(
              now,
              namespace,
              RedisNames.bytes(item.key()),
              RedisItem.vector(unit),
              text(unit.length),
              RedisNames.bytes(index.attributes(item.attributes(), expires)),
              RedisItem.keep(item),
              text(bytes),
              text(maxBytes),
              ends ? text(expires) : new byte[0],
              text(expires)),
          unit.length,
          (List<Object> answer) -> (Long) answer.get(0) == 1,
          completion);
    }

    @Override
    public void search(String namespace, Query query, Completion<List<Hit>> completion) {
      VectorArguments.check(namespace, query);
      var unit = VectorArguments.unit(query.vector());
      long now = clock.millis();
      run(
          index.search,
          arguments(
              now,
              namespace,
              RedisItem.vector(unit),
              text(unit.length),
              text(query.k()),
              RedisNames.bytes(index.filter(query.filter(), now))),
          unit.length,
          (List<Object> answer) -> hits(answer, query.minScore()),
          completion);
    }

    @Override
    public void delete(String namespace, String key, Completion<Boolean> completion) {
      VectorArguments.name("namespace", namespace);
      VectorArguments.name("key", key);
      var arguments = arguments(clock.millis(), namespace, RedisNames.bytes(key));
      run(
          index.delete,
          arguments,
          0,
          (List<Object> answer) -> (Long) answer.get(0) == 1,
          completion);
    }

    @Override
    public void deleteWhere(
        String namespace, Map<String, String> filter, Completion<Long> completion) {
      VectorArguments.name("namespace", namespace);
      VectorArguments.attributes(filter);
      var names = index.equal(filter).stream().map(RedisNames::bytes).toList();
      answer(
          deletePages(namespace, names, RedisNames.bytes("0"), 0), 0, count -> count, completion);
    }

    /** Deletes page by page, so that no page holds the server up. */
    private CompletableFuture<Long> deletePages(
        String namespace, List<byte[]> names, byte[] cursor, long before) {
      var arguments = arguments(clock.millis(), namespace, cursor);
      arguments.addAll(names);
      return redis
          .<List<Object>>run(index.deleteWhere, ScriptOutputType.MULTI, List.of(prefix), arguments)
          .thenCompose(
              page -> {
                byte[] next = (byte[]) page.get(0);
                long sum = before + (Long) page.get(1);
                return next.length == 1 && next[0] == '0'
                    ? CompletableFuture.completedFuture(sum)
                    : deletePages(namespace, names, next, sum);
              });
    }

    private <T> void run(
        RedisScript script,
        List<byte[]> arguments,
        int dimensions,
        Function<List<Object>, T> read,
        Completion<T> completion) {
      answer(
          redis.<List<Object>>run(script, ScriptOutputType.MULTI, List.of(prefix), arguments),
          dimensions,
          read,
          completion);
    }

    private <A, T> void answer(
        CompletableFuture<A> future,
        int dimensions,
        Function<A, T> read,
        Completion<T> completion) {
      future
          .thenApply(read)
          .whenComplete(
              (result, error) ->
                  executor.execute(
                      () -> {
                        if (error == null) {
                          completion.succeeded(result);
                        } else {
                          completion.failed(
                              failure(
                                  error instanceof CompletionException && error.getCause() != null
                                      ? error.getCause()
                                      : error,
                                  dimensions));
                        }
                      }));
    }
  }

  private static List<byte[]> arguments(long now, String namespace, byte[]... more) {
    var arguments = new ArrayList<byte[]>();
    arguments.add(text(now));
    arguments.add(RedisNames.bytes(RedisNames.hash(namespace)));
    arguments.addAll(List.of(more));
    return arguments;
  }

  private static byte[] text(long number) {
    return RedisNames.bytes(Long.toString(number));
  }

  private static List<Vectors.Hit> hits(List<Object> answer, double minScore) {
    var hits = new ArrayList<Vectors.Hit>();
    for (int i = 0; i + 2 < answer.size(); i += 3) {
      var score = new String((byte[]) answer.get(i + 1), StandardCharsets.US_ASCII);
      // The server answers 0 to 1.
      double cosine = Math.clamp(2 * Double.parseDouble(score) - 1, -1.0, 1.0);
      if (cosine >= minScore) {
        var kept = RedisItem.read((byte[]) answer.get(i + 2));
        var key = new String((byte[]) answer.get(i), StandardCharsets.UTF_8);
        hits.add(new Vectors.Hit(key, cosine, kept.value(), kept.attributes()));
      }
    }
    return hits;
  }

  private static ServiceException failure(Throwable error, int dimensions) {
    var message = String.valueOf(error.getMessage());
    int at = message.indexOf(DIMENSIONS);
    if (at >= 0) {
      return new ServiceException(
          Reason.BAD_ARGUMENT,
          "vectors: a vector of "
              + dimensions
              + " dimensions (expected: "
              + message.substring(at + DIMENSIONS.length()).replaceAll("\\D.*", "")
              + ", as the others)");
    }
    return error instanceof ServiceException known
        ? known
        : new ServiceException(Reason.INTERNAL, "vectors: redis: " + message);
  }
}
