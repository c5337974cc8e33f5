package dev.sluice.state.internal.redis;

import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.state.internal.redis.RedisSource.Connection;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisLoadingException;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.RedisReadOnlyException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.resource.DefaultClientResources;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
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

  /** Is done by who may write: a replica, a full server, a cluster that is not whole refuse it. */
  private static final RedisScript PROBE =
      RedisScript.of("redis.call('SET', KEYS[1], '1', 'PX', 1000) return {1}");

  /** How errors begin of a server that may take the same command later. */
  private static final List<String> AWAY =
      List.of("CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN", "NOREPLICAS", "MISCONF", "OOM");

  /** Commands that may wait for their answers. */
  static final int MAX_WAITING = 4096;

  /** Between two questions whether a server is back. */
  static final long PROBE_MILLIS = 250;

  /** How long such a question waits for a connection, before the next one begins another. */
  static final long CONNECTING_MILLIS = 700;

  private final String use;
  private final RedisSettings settings;
  private final Breaker breaker = new Breaker();
  private final DefaultClientResources resources;
  private final RedisSource source;
  private final ScheduledExecutorService prober;
  private final List<Runnable> whenBack = new CopyOnWriteArrayList<>();
  private volatile @Nullable CompletableFuture<Connection> connection;

  /** What a call that failed last was about: in a cluster, what is to be asked. */
  private volatile byte @Nullable [] failedKey;

  private @Nullable ScheduledFuture<?> probing;
  private CompletableFuture<?> refreshing = CompletableFuture.completedFuture(null);
  private boolean closed;

  /**
   * Connects nowhere yet.
   *
   * @param use which service it is for, for messages
   */
  public RedisLink(String use, RedisSettings settings) {
    this(
        use,
        settings,
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("sluice-redis-" + use).factory()));
  }

  /** Connects nowhere yet; asks on a scheduler that it ends whether the server is back. */
  RedisLink(String use, RedisSettings settings, ScheduledExecutorService prober) {
    this.use = use;
    this.settings = settings;
    this.prober = prober;
    resources = RedisSource.resources();
    source = RedisSource.of(settings, resources);
  }

  /** Runs something, on a thread of the link's own, each time that the server is back. */
  public void whenBack(Runnable task) {
    whenBack.add(task);
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

  private CompletableFuture<Connection> connection() {
    var current = connection;
    return current == null || current.isCompletedExceptionally() ? newConnection() : current;
  }

  private synchronized CompletableFuture<Connection> newConnection() {
    var current = connection;
    if (closed) {
      return CompletableFuture.failedFuture(new IllegalStateException("closed"));
    }
    if (current == null || current.isCompletedExceptionally()) {
      current = connecting();
      connection = current;
    }
    return current;
  }

  private CompletableFuture<Connection> connecting() {
    try {
      var attempt = source.connect();
      var unused = attempt.thenAccept(made -> adopt(attempt, made));
      return attempt;
    } catch (RuntimeException e) { // such as a certificate that cannot be read
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Takes a connection that others had given up on, unless there is another by now. */
  private synchronized void adopt(CompletableFuture<Connection> attempt, Connection made) {
    var current = connection;
    if (closed || (current != null && current != attempt && isMade(current))) {
      made.closing().run();
    } else {
      connection = attempt;
    }
  }

  private static boolean isMade(CompletableFuture<Connection> connection) {
    return connection.isDone() && !connection.isCompletedExceptionally();
  }

  /** It leads to a server that is silent or no master any more: the next call connects anew. */
  private synchronized void drop() {
    var current = connection;
    connection = null;
    if (current != null && isMade(current)) {
      current.join().closing().run();
    }
  }

  /** A server that takes connections and then says nothing would hold up the first calls. */
  private CompletableFuture<Connection> connectionInTime() {
    var current = connection();
    return current.isDone()
        ? current
        : current.copy().orTimeout(settings.timeout().toMillis(), TimeUnit.MILLISECONDS);
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

  /** Says in the log when the server may throw away what nobody has told it to. */
  public void checkEviction() {
    var unused =
        connection()
            .thenCompose(made -> made.commands().info("memory").toCompletableFuture())
            .thenAccept(
                info -> {
                  if (evicts(info)) {
                    LOG.warn(
                        "{}: the Redis server {} evicts keys when its memory is full (expected:"
                            + " maxmemory-policy noeviction)",
                        use,
                        settings.servers());
                  }
                });
  }

  static boolean evicts(String info) {
    var lines = info.lines().toList();
    return !lines.contains("maxmemory:0") && !lines.contains("maxmemory_policy:noeviction");
  }

  /** Returns whether all data is in the first database of one server, or of its replicas. */
  public boolean isDatabaseZeroOfOne() {
    return !settings.cluster() && settings.nodes().getFirst().getDatabase() == 0;
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
                        && !known.isEmpty()),
        null);
  }

  /**
   * Runs a script; the server is told the whole of it when it does not know it yet. Never runs it
   * twice: one whose answer is lost fails with TIMEOUT, and may have been run.
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
        connectionInTime().thenCompose(made -> run(made, script, type, names, values)),
        names.length == 0 ? null : names[0]);
  }

  private static <T> CompletableFuture<T> run(
      Connection made, RedisScript script, ScriptOutputType type, byte[][] names, byte[][] values) {
    return made.commands()
        .<T>evalsha(script.sha(), type, names, values)
        .toCompletableFuture()
        .exceptionallyCompose(
            error ->
                cause(error) instanceof RedisNoScriptException
                    ? made.commands()
                        .<T>eval(script.bytes(), type, names, values)
                        .toCompletableFuture()
                    : CompletableFuture.failedFuture(cause(error)));
  }

  private <T> CompletableFuture<T> counted(CompletableFuture<T> call, byte @Nullable [] key) {
    return call.handle(
            (answer, error) -> {
              if (error == null) {
                breaker.succeeded();
                return call;
              }
              return CompletableFuture.<T>failedFuture(failed(cause(error), key));
            })
        .thenCompose(outcome -> outcome);
  }

  private Throwable failed(Throwable error, byte @Nullable [] key) {
    if (error instanceof RedisReadOnlyException) {
      drop();
    } else if (error instanceof RedisCommandExecutionException && !isAway(error)) {
      breaker.succeeded();
      return error; // it answered
    }
    failedKey = key;
    if (breaker.failed()) {
      LOG.warn("{}: the Redis server {} is away: {}", use, settings.servers(), reason(error));
      probe();
    }
    boolean late =
        error instanceof RedisCommandTimeoutException || error instanceof TimeoutException;
    return new ServiceException(
        late ? Reason.TIMEOUT : Reason.UNAVAILABLE, use + ": redis: " + reason(error));
  }

  private static boolean isAway(Throwable error) {
    var message = String.valueOf(error.getMessage());
    return error instanceof RedisLoadingException || AWAY.stream().anyMatch(message::startsWith);
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

  /** Asks whether the server writes again; whatever happens, it is asked again. */
  private void ask() {
    try {
      if (refreshing.isDone()) {
        refreshing = source.refresh();
      }
      askOnce();
    } catch (RuntimeException e) { // Lettuce, while it is being closed
      LOG.debug("{}: asking the Redis server {}", use, settings.servers(), e);
    }
  }

  /** Asks; the answer counts when it comes before the next question. */
  private void askOnce() {
    byte[][] key = {RedisNames.beside(failedKey, "probe")};
    try {
      var answer =
          connection()
              .copy()
              .orTimeout(CONNECTING_MILLIS, TimeUnit.MILLISECONDS)
              .thenCompose(
                  made ->
                      made.commands()
                          .<Object>eval(PROBE.bytes(), ScriptOutputType.MULTI, key)
                          .toCompletableFuture())
              .get(Math.max(PROBE_MILLIS, settings.timeout().toMillis()), TimeUnit.MILLISECONDS);
      if (answer != null) {
        back();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      var error = cause(e);
      boolean answered = error instanceof RedisCommandExecutionException;
      if (error instanceof RedisReadOnlyException || (!answered && !settings.cluster())) {
        drop();
      }
    }
  }

  private void back() {
    synchronized (this) {
      if (breaker.close()) {
        LOG.info("{}: the Redis server {} is back", use, settings.servers());
      }
      if (probing != null) {
        probing.cancel(false);
        probing = null;
      }
    }
    whenBack.forEach(Runnable::run);
  }

  private static Throwable cause(Throwable error) {
    return (error instanceof CompletionException || error instanceof ExecutionException)
            && error.getCause() != null
        ? error.getCause()
        : error;
  }

  /** Closes it when what is under way has been answered or has taken too long. */
  public void closeLater() {
    try {
      var unused =
          prober.schedule(this::close, 2 * settings.timeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      close();
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      connection = CompletableFuture.failedFuture(new IllegalStateException("closed"));
    }
    prober.shutdownNow();
    source.shutdown().whenComplete((done, error) -> resources.shutdown());
  }
}
