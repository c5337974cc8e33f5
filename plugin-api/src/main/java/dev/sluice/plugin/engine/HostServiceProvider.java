package dev.sluice.plugin.engine;

import dev.sluice.plugin.host.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;

/**
 * Provides one kind of host service (patterns, store, counters, vectors, embedder, tokens); found
 * through {@link java.util.ServiceLoader}.
 *
 * @param <S> the service interface of {@code dev.sluice.plugin.host}
 */
public interface HostServiceProvider<S> extends AutoCloseable {
  /** Returns the service interface. */
  Class<S> type();

  /** Returns the name by which the configuration chooses it: {@code memory, redis, local}. */
  String name();

  /**
   * Tells time by a clock, where what is kept in this process grows old; called before {@link
   * #start}, if at all. Without, it is the system's time.
   */
  default void clock(Clock clock) {}

  /**
   * Connects to what the service needs; blocks, called before the snapshot that uses it serves.
   *
   * @param settings the {@code state} or {@code embeddings} section that chose it, flattened
   */
  default void start(Map<String, String> settings) {}

  /**
   * Returns the service for one owner.
   *
   * @param scope {@code vmConfig.vmId} of the plugin: separates its data
   * @param storeBytes how many bytes it may keep
   * @param executor runs completions on the owner's thread
   */
  S open(String scope, long storeBytes, Executor executor);

  /** Returns what it keeps in this process, for metrics; called from any thread. */
  default List<ServiceUsage> usage() {
    return List.of();
  }

  /** Disconnects. Idempotent. */
  @Override
  default void close() {}
}
