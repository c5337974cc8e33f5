package dev.sluice.state.internal.vectors;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.Delay;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Holds one connection to a Redis server and runs scripts over it, one after another without
 * waiting. It is made by the first call and again whenever it breaks; while there is none, calls
 * fail at once. Thread-safe; nothing here blocks but closing.
 */
final class RedisConnection implements AutoCloseable {
  private static final int MAX_WAITING = 4096;
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final DefaultClientResources resources;
  private final RedisClient client;
  private final RedisURI uri;
  private @Nullable CompletableFuture<StatefulRedisConnection<byte[], byte[]>> connection;
  private long lastTry;

  /**
   * Connects nowhere yet.
   *
   * @param timeout of connecting and of each command
   */
  RedisConnection(String url, Duration timeout) {
    uri = RedisURI.create(url);
    uri.setTimeout(timeout);
    resources =
        DefaultClientResources.builder()
            .ioThreadPoolSize(2)
            .computationThreadPoolSize(2)
            .reconnectDelay(
                Delay.exponential(
                    Duration.ofMillis(20), Duration.ofMillis(500), 2, TimeUnit.MILLISECONDS))
            .build();
    client = RedisClient.create(resources);
    client.setOptions(
        ClientOptions.builder()
            .autoReconnect(true)
            .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
            .requestQueueSize(MAX_WAITING)
            .timeoutOptions(TimeoutOptions.enabled(timeout))
            .socketOptions(SocketOptions.builder().connectTimeout(timeout).build())
            .build());
  }

  private synchronized CompletableFuture<StatefulRedisConnection<byte[], byte[]>> connection() {
    var current = connection;
    boolean broken = current != null && current.isCompletedExceptionally();
    if (current == null || (broken && System.nanoTime() - lastTry > RETRY_NANOS)) {
      lastTry = System.nanoTime();
      current = client.connectAsync(ByteArrayCodec.INSTANCE, uri).toCompletableFuture();
      connection = current;
    }
    return current;
  }

  /** Asks whether the server knows a command. */
  CompletableFuture<Boolean> knows(String command) {
    return connection()
        .thenCompose(redis -> redis.async().commandInfo(command).toCompletableFuture())
        .thenApply(
            info ->
                !info.isEmpty() && info.getFirst() instanceof List<?> known && !known.isEmpty());
  }

  /** Runs a script; the server is told the whole of it when it does not know it yet. */
  <T> CompletableFuture<T> run(
      RedisScript script, ScriptOutputType type, byte[] key, List<byte[]> arguments) {
    byte[][] keys = {key};
    byte[][] values = arguments.toArray(byte[][]::new);
    return connection()
        .thenCompose(
            redis ->
                redis
                    .async()
                    .<T>evalsha(script.sha(), type, keys, values)
                    .toCompletableFuture()
                    .exceptionallyCompose(
                        error ->
                            cause(error) instanceof RedisNoScriptException
                                ? redis
                                    .async()
                                    .<T>eval(
                                        script.text().getBytes(StandardCharsets.UTF_8),
                                        type,
                                        keys,
                                        values)
                                    .toCompletableFuture()
                                : CompletableFuture.failedFuture(cause(error))));
  }

  static Throwable cause(Throwable error) {
    return error instanceof CompletionException && error.getCause() != null
        ? error.getCause()
        : error;
  }

  static boolean isTimeout(Throwable error) {
    return error instanceof RedisCommandTimeoutException;
  }

  @Override
  public void close() {
    client
        .shutdownAsync(0, 2, TimeUnit.SECONDS)
        .whenComplete((done, error) -> resources.shutdown());
  }
}
