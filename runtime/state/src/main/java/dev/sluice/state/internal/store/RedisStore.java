package dev.sluice.state.internal.store;

import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.plugin.host.Store;
import dev.sluice.state.internal.redis.RedisLink;
import dev.sluice.state.internal.redis.RedisNames;
import dev.sluice.state.internal.redis.RedisScript;
import io.lettuce.core.ScriptOutputType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Keeps values in a Redis server (6.2 or later), shared by all gateways that use it. Keys of an
 * owner live in one slot, each operation is one script, and the server's clock is the only one.
 * Thread-safe.
 */
final class RedisStore {
  private static final RedisScript SCRIPT = RedisScript.of(RedisStore.class, "store");

  private final RedisLink redis;

  RedisStore(RedisLink redis) {
    this.redis = redis;
  }

  /** Opens the values of an owner. */
  Store open(String scope, long maxBytes, Executor executor) {
    return new Opened(
        RedisNames.bytes("sluice:{s:" + RedisNames.hash(scope) + "}"), maxBytes, executor);
  }

  /** Is what one caller holds. */
  private final class Opened implements Store {
    private final byte[] prefix;
    private final long maxBytes;
    private final Executor executor;

    Opened(byte[] prefix, long maxBytes, Executor executor) {
      this.prefix = prefix;
      this.maxBytes = maxBytes;
      this.executor = executor;
    }

    @Override
    public void get(String key, Completion<Optional<Entry>> completion) {
      run(
          answer ->
              answer.isEmpty()
                  ? Optional.empty()
                  : Optional.of(new Entry(answer.get(1), number(answer.getFirst()))),
          completion,
          "get",
          StoreArguments.key(key));
    }

    @Override
    public void set(String key, byte[] value, @Nullable Duration ttl, Completion<Long> completion) {
      write("set", key, value, 0, ttl, completion);
    }

    @Override
    public void compareAndSet(
        String key,
        byte[] value,
        long expected,
        @Nullable Duration ttl,
        Completion<Long> completion) {
      write("cas", key, value, expected, ttl, completion);
    }

    private void write(
        String what,
        String key,
        byte[] value,
        long expected,
        @Nullable Duration ttl,
        Completion<Long> completion) {
      var name = StoreArguments.key(key);
      long size = StoreArguments.size(name, value, maxBytes);
      run(
          answer -> {
            long version = number(answer.getFirst());
            if (version == 0) {
              throw StoreArguments.mismatch(key, expected, number(answer.get(1)));
            }
            return version;
          },
          completion,
          what,
          name,
          value,
          RedisNames.bytes(StoreArguments.millis("ttl", ttl)),
          RedisNames.bytes(size),
          RedisNames.bytes(maxBytes),
          RedisNames.bytes(expected));
    }

    @Override
    public void delete(String key, Completion<Boolean> completion) {
      run(answer -> number(answer.getFirst()) == 1, completion, "delete", StoreArguments.key(key));
    }

    @Override
    public void lock(String key, Duration expiry, Completion<Optional<Lock>> completion) {
      run(
          answer ->
              answer.isEmpty()
                  ? Optional.empty()
                  : Optional.of(new Lock(key, number(answer.getFirst()))),
          completion,
          "lock",
          StoreArguments.key(key),
          RedisNames.bytes(StoreArguments.millis("expiry", expiry)));
    }

    @Override
    public void unlock(Lock lock, Completion<Boolean> completion) {
      run(
          answer -> number(answer.getFirst()) == 1,
          completion,
          "unlock",
          StoreArguments.key(lock.key()),
          RedisNames.bytes(lock.fence()));
    }

    private <T> void run(
        Function<List<byte[]>, T> read,
        Completion<T> completion,
        String what,
        byte[]... arguments) {
      var all = new ArrayList<byte[]>(arguments.length + 1);
      all.add(RedisNames.bytes(what));
      all.addAll(List.of(arguments));
      var unused =
          redis
              .<List<byte[]>>run(SCRIPT, ScriptOutputType.MULTI, List.of(prefix), all)
              .thenApply(read)
              .whenComplete(
                  (result, error) -> {
                    if (error == null) {
                      executor.execute(() -> completion.succeeded(result));
                    } else {
                      var failure = failure(error);
                      executor.execute(() -> completion.failed(failure));
                    }
                  });
    }
  }

  private static long number(byte[] digits) {
    return Long.parseLong(new String(digits, StandardCharsets.US_ASCII));
  }

  private static ServiceException failure(Throwable error) {
    var cause =
        error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    return cause instanceof ServiceException known
        ? known
        : new ServiceException(Reason.INTERNAL, "store: redis: " + cause);
  }
}
