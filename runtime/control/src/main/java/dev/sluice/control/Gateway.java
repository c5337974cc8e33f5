package dev.sluice.control;

import dev.sluice.control.internal.GatewayRuntime;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Is a running gateway. Thread-safe. */
public interface Gateway extends AutoCloseable {
  /**
   * Starts a gateway and returns when it serves.
   *
   * @throws ConfigException with everything that is wrong with the configuration
   */
  static Gateway start(GatewayOptions options) {
    return GatewayRuntime.start(options);
  }

  /** Returns the addresses of the listeners by name, with the real ports. */
  Map<String, List<InetSocketAddress>> addresses();

  /** Returns the address of the admin API, with the real port. */
  InetSocketAddress adminAddress();

  /**
   * Reads the file again and applies it, whether it changed or not.
   *
   * @throws ConfigException with everything that is wrong; what served before goes on
   */
  void reload();

  /** Completes when a drain was asked for by the admin API. */
  CompletableFuture<Void> drainRequested();

  /**
   * Stops accepting, lets exchanges finish for the drain timeout, and completes when none is left.
   */
  CompletableFuture<Void> drain();

  /** Ends at once what is left. Idempotent. */
  @Override
  void close();
}
