package dev.sluice.state.internal.redis;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
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
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Connects to one kind of server: one server, the master that sentinels name, or a cluster.
 * Thread-safe.
 */
interface RedisSource {
  /** Is what scripts are run over. */
  record Connection(RedisClusterAsyncCommands<byte[], byte[]> commands, Runnable closing) {}

  /** Makes a connection. */
  CompletableFuture<Connection> connect();

  /** Finds out anew which node holds what, where there are several. */
  CompletableFuture<?> refresh();

  /** Ends all connections. */
  CompletableFuture<Void> shutdown();

  /** Returns the source that settings name. */
  static RedisSource of(RedisSettings settings, DefaultClientResources resources) {
    return settings.cluster() ? cluster(settings, resources) : single(settings, resources);
  }

  /** Returns the threads and timers of one source. */
  static DefaultClientResources resources() {
    return DefaultClientResources.builder()
        .ioThreadPoolSize(2)
        .computationThreadPoolSize(2)
        .reconnectDelay(
            Delay.exponential(
                Duration.ofMillis(20), Duration.ofMillis(250), 2, TimeUnit.MILLISECONDS))
        .build();
  }

  /**
   * Ends a client. Its threads go on for a moment without work: a connection that was just being
   * made is closed only by a thread that goes round once more (Netty's confirmShutdown).
   */
  private static CompletableFuture<Void> end(AbstractRedisClient client) {
    return client.shutdownAsync(100, 2_000, TimeUnit.MILLISECONDS);
  }

  private static <B extends ClientOptions.Builder> B options(RedisSettings settings, B builder) {
    builder
        .autoReconnect(true)
        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
        // What was under way when a connection broke may have been done: never send it twice.
        .replayFilter(command -> true)
        .protocolVersion(ProtocolVersion.RESP3)
        .requestQueueSize(RedisLink.MAX_WAITING)
        .timeoutOptions(TimeoutOptions.enabled(settings.timeout()))
        .socketOptions(SocketOptions.builder().connectTimeout(settings.timeout()).build());
    var tls = settings.tls();
    if (tls.isSet()) {
      var ssl = SslOptions.builder();
      if (tls.ca() != null) {
        ssl.trustManager(tls.ca().toFile());
      }
      if (tls.cert() != null && tls.key() != null) {
        ssl.keyManager(tls.cert().toFile(), tls.key().toFile(), new char[0]);
      }
      builder.sslOptions(ssl.build());
    }
    return builder;
  }

  private static RedisSource single(RedisSettings settings, DefaultClientResources resources) {
    var client = RedisClient.create(resources);
    client.setOptions(options(settings, ClientOptions.builder()).build());
    var uri = settings.nodes().getFirst();
    return new RedisSource() {
      @Override
      public CompletableFuture<Connection> connect() {
        return client
            .connectAsync(ByteArrayCodec.INSTANCE, uri)
            .toCompletableFuture()
            .thenApply(made -> new Connection(made.async(), made::closeAsync));
      }

      @Override
      public CompletableFuture<?> refresh() {
        return CompletableFuture.completedFuture(null);
      }

      @Override
      public CompletableFuture<Void> shutdown() {
        return end(client);
      }
    };
  }

  private static RedisSource cluster(RedisSettings settings, DefaultClientResources resources) {
    var client = RedisClusterClient.create(resources, settings.nodes());
    var refresh =
        ClusterTopologyRefreshOptions.builder()
            .adaptiveRefreshTriggersTimeout(Duration.ofMillis(RedisLink.PROBE_MILLIS))
            .refreshTriggersReconnectAttempts(1)
            .enablePeriodicRefresh(Duration.ofSeconds(30))
            .build();
    client.setOptions(
        options(settings, ClusterClientOptions.builder()).topologyRefreshOptions(refresh).build());
    return new RedisSource() {
      @Override
      public CompletableFuture<Connection> connect() {
        return client
            .connectAsync(ByteArrayCodec.INSTANCE)
            .toCompletableFuture()
            .thenApply(made -> new Connection(made.async(), made::closeAsync));
      }

      @Override
      public CompletableFuture<?> refresh() {
        return client.refreshPartitionsAsync().toCompletableFuture();
      }

      @Override
      public CompletableFuture<Void> shutdown() {
        return end(client);
      }
    };
  }
}
