package dev.sluice.state.internal.redis;

import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisLoadingException;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.RedisReadOnlyException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.Delay;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the connection of one service to a Redis server, to the master that sentinels name, or to a
 * cluster, and runs scripts over it without waiting for one before the next is sent. While the
 * server is away, calls fail at once after the first few have failed in their time; it is asked
 * four times a second whether it is back. Thread-safe; nothing here blocks but closing.
 */
public final class RedisLink implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RedisLink.class);
  private static final int MAX_WAITING = 4096;
  private static final long PROBE_MILLIS = 250;

  private final String use;
  private final RedisSettings settings;
  private final Breaker breaker = new Breaker();
  private final DefaultClientResources resources;
  private final Source source;
  private final ScheduledExecutorService prober;
  private @Nullable CompletableFuture<Connection> connection;
  private @Nullable ScheduledFuture<?> probing;
  private boolean closed;

  /** Is what scripts are run over. */
  private record Connection(RedisClusterAsyncCommands<byte[], byte[]> commands, Runnable closing) {}

  /** Connects to one kind of server. */
  private interface Source {
    CompletableFuture<Connection> connect();

    CompletableFuture<Void> shutdown();
  }

  /**
   * Connects nowhere yet.
   *
   * @param use which service it is for, for messages
   */
  public RedisLink(String use, RedisSettings settings) {
    this.use = use;
    this.settings = settings;
    resources =
        DefaultClientResources.builder()
            .ioThreadPoolSize(2)
            .computationThreadPoolSize(2)
            .reconnectDelay(
                Delay.exponential(
                    Duration.ofMillis(20), Duration.ofMillis(250), 2, TimeUnit.MILLISECONDS))
            .build();
    source = settings.cluster() ? cluster() : single();
    prober =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("sluice-redis-" + use).factory());
  }

  private <B extends ClientOptions.Builder> B options(B builder) {
    builder
        .autoReconnect(true)
        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
        .protocolVersion(ProtocolVersion.RESP3)
        .requestQueueSize(MAX_WAITING)
        .timeoutOptions(TimeoutOptions.enabled(settings.timeout()))
        .socketOptions(SocketOptions.builder().connectTimeout(settings.timeout()).build());
    if (settings.ca() != null) {
      builder.sslOptions(SslOptions.builder().trustManager(settings.ca().toFile()).build());
    }
    return builder;
  }

  private Source single() {
    var client = RedisClient.create(resources);
    client.setOptions(options(ClientOptions.builder()).build());
    var uri = settings.nodes().getFirst();
    return new Source() {
      @Override
      public CompletableFuture<Connection> connect() {
        return client
            .connectAsync(ByteArrayCodec.INSTANCE, uri)
            .toCompletableFuture()
            .thenApply(made -> new Connection(made.async(), made::closeAsync));
      }

      @Override
      public CompletableFuture<Void> shutdown() {
        return client.shutdownAsync(0, 2, TimeUnit.SECONDS);
      }
    };
  }

  private Source cluster() {
    var client = RedisClusterClient.create(resources, settings.nodes());
    var refresh =
        ClusterTopologyRefreshOptions.builder()
            .adaptiveRefreshTriggersTimeout(Duration.ofMillis(PROBE_MILLIS))
            .enablePeriodicRefresh(Duration.ofSeconds(30))
            .build();
    client.setOptions(
        options(ClusterClientOptions.builder().topologyRefreshOptions(refresh)).build());
    return new Source() {
      @Override
      public CompletableFuture<Connection> connect() {
        return client
            .connectAsync(ByteArrayCodec.INSTANCE)
            .toCompletableFuture()
            .thenApply(made -> new Connection(made.async(), made::closeAsync));
      }

      @Override
      public CompletableFuture<Void> shutdown() {
        return client.shutdownAsync(0, 2, TimeUnit.SECONDS);
      }
    };
  }

  /** Returns whether calls are made; false while the server is known to be away. */
  public boolean isUp() {
    return breaker.isClosed();
  }

  /** Returns what calls get while the server is away. */
  public RedisSettings.OnUnavailable onUnavailable() {
    return settings.onUnavailable();
  }

  /**
   * Is one call of a service, on whatever implements it.
   *
   * @param <S> the service
   * @param <T> what is answered
   */
  @FunctionalInterface
  public interface Call<S, T> {
    /** Makes the call. */
    void on(S service, Completion<T> completion);
  }

  /**
   * Makes a call on the server, or elsewhere while it is away.
   *
   * @param otherwise null when the call is to fail then
   */
  public <S, T> void call(
      S onServer, @Nullable S otherwise, Call<S, T> call, Completion<T> completion) {
    if (otherwise == null) {
      call.on(onServer, completion);
    } else if (!isUp()) {
      call.on(otherwise, completion);
    } else {
      call.on(
          onServer,
          Completion.of(completion::succeeded, error -> again(error, otherwise, call, completion)));
    }
  }

  private static <S, T> void again(
      ServiceException error, S otherwise, Call<S, T> call, Completion<T> completion) {
    if (error.reason() != Reason.UNAVAILABLE && error.reason() != Reason.TIMEOUT) {
      completion.failed(error);
      return;
    }
    try {
      call.on(otherwise, completion);
    } catch (ServiceException e) {
      completion.failed(e);
    }
  }

  private synchronized CompletableFuture<Connection> connection() {
    var current = connection;
    if (closed) {
      return CompletableFuture.failedFuture(new IllegalStateException("closed"));
    }
    if (current == null || current.isCompletedExceptionally()) {
      current = source.connect();
      connection = current;
    }
    return current;
  }

  /** The server that it leads to is not the master any more: looks for the master. */
  private synchronized void drop() {
    var current = connection;
    connection = null;
    if (current != null) {
      current.thenAccept(made -> made.closing().run());
    }
  }

  /** Connects, when that has not been done, and waits no longer than the timeout. */
  public void connect() {
    try {
      run(RedisScript.of("return 1"), ScriptOutputType.INTEGER, List.of(), List.of())
          .get(settings.timeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn(
          "{}: the Redis server {} does not answer: {}",
          use,
          settings.servers(),
          reason(e.getCause() == null ? e : e.getCause()));
    }
  }

  /** Asks whether the server knows a command. */
  public CompletableFuture<Boolean> knows(String command) {
    return counted(
        connection()
            .thenCompose(made -> made.commands().commandInfo(command).toCompletableFuture())
            .thenApply(
                info ->
                    !info.isEmpty()
                        && info.getFirst() instanceof List<?> known
                        && !known.isEmpty()));
  }

  /**
   * Runs a script; the server is told the whole of it when it does not know it yet.
   *
   * @param keys which all live in one slot of a cluster
   * @return fails with {@link ServiceException} TIMEOUT or UNAVAILABLE when the server did not
   *     answer, with what Lettuce throws when it answered with an error
   */
  public <T> CompletableFuture<T> run(
      RedisScript script, ScriptOutputType type, List<byte[]> keys, List<byte[]> arguments) {
    if (!breaker.isClosed()) {
      return CompletableFuture.failedFuture(
          new ServiceException(Reason.UNAVAILABLE, use + ": redis: not connected"));
    }
    byte[][] names = keys.toArray(byte[][]::new);
    byte[][] values = arguments.toArray(byte[][]::new);
    return counted(
        connection()
            .thenCompose(
                made ->
                    made.commands()
                        .<T>evalsha(script.sha(), type, names, values)
                        .toCompletableFuture()
                        .exceptionallyCompose(
                            error ->
                                cause(error) instanceof RedisNoScriptException
                                    ? made.commands()
                                        .<T>eval(
                                            script.text().getBytes(StandardCharsets.UTF_8),
                                            type,
                                            names,
                                            values)
                                        .toCompletableFuture()
                                    : CompletableFuture.failedFuture(cause(error)))));
  }

  private <T> CompletableFuture<T> counted(CompletableFuture<T> call) {
    return call.handle(
            (answer, error) -> {
              if (error == null) {
                breaker.succeeded();
                return call;
              }
              return CompletableFuture.<T>failedFuture(failed(cause(error)));
            })
        .thenCompose(outcome -> outcome);
  }

  private Throwable failed(Throwable error) {
    if (error instanceof RedisReadOnlyException) {
      drop();
    } else if (error instanceof RedisCommandExecutionException && !isAway(error)) {
      breaker.succeeded();
      return error; // it answered
    }
    if (breaker.failed()) {
      LOG.warn("{}: the Redis server {} is away: {}", use, settings.servers(), reason(error));
      probe();
    }
    return new ServiceException(
        error instanceof RedisCommandTimeoutException ? Reason.TIMEOUT : Reason.UNAVAILABLE,
        use + ": redis: " + reason(error));
  }

  private static boolean isAway(Throwable error) {
    var message = String.valueOf(error.getMessage());
    return error instanceof RedisLoadingException
        || message.startsWith("CLUSTERDOWN")
        || message.startsWith("MASTERDOWN")
        || message.startsWith("TRYAGAIN");
  }

  /** Wrong passwords are told, never the password. */
  private static String reason(Throwable error) {
    var root = cause(error);
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
  }

  private synchronized void probe() {
    if (!closed && probing == null) {
      probing =
          prober.scheduleWithFixedDelay(
              this::ask, PROBE_MILLIS, PROBE_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /** Asks whether the server writes again; the answer counts when it comes before the next. */
  private void ask() {
    try {
      var answer =
          connection()
              .thenCompose(
                  made ->
                      made.commands()
                          .<Object>eval(
                              "return redis.call('TIME')", ScriptOutputType.MULTI, new byte[0][])
                          .toCompletableFuture())
              .get(Math.max(PROBE_MILLIS, settings.timeout().toMillis()), TimeUnit.MILLISECONDS);
      if (answer != null) {
        back();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      if (cause(e) instanceof RedisReadOnlyException) {
        drop();
      }
    }
  }

  private synchronized void back() {
    if (breaker.close()) {
      LOG.info("{}: the Redis server {} is back", use, settings.servers());
    }
    if (probing != null) {
      probing.cancel(false);
      probing = null;
    }
  }

  private static Throwable cause(Throwable error) {
    return (error instanceof CompletionException || error instanceof ExecutionException)
            && error.getCause() != null
        ? error.getCause()
        : error;
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    prober.shutdownNow();
    source.shutdown().whenComplete((done, error) -> resources.shutdown());
  }
}
