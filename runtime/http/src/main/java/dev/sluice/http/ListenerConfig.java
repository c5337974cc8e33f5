package dev.sluice.http;

import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Describes a listener.
 *
 * @param name unique among listeners
 * @param addresses where it listens; port 0 takes a free one
 * @param tls certificates, or null for cleartext (for HTTP both versions, 2 by prior knowledge)
 * @param timeouts how long it waits
 * @param limits what one connection may use
 * @param tcp whether its bytes are handed on as they come, instead of being read as HTTP
 */
public record ListenerConfig(
    String name,
    List<InetSocketAddress> addresses,
    @Nullable ServerTls tls,
    Timeouts timeouts,
    ConnectionLimits limits,
    boolean tcp) {
  /** Describes a listener for HTTP. */
  public ListenerConfig(
      String name,
      List<InetSocketAddress> addresses,
      @Nullable ServerTls tls,
      Timeouts timeouts,
      ConnectionLimits limits) {
    this(name, addresses, tls, timeouts, limits, false);
  }

  /** Copies the addresses. */
  public ListenerConfig {
    addresses = List.copyOf(addresses);
  }
}
