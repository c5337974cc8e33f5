package dev.sluice.http;

import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Describes a listener.
 *
 * @param name unique among listeners
 * @param addresses where it listens; port 0 takes a free one
 * @param tls certificates, or null for cleartext (HTTP/1.1 and HTTP/2 by prior knowledge)
 * @param timeouts how long it waits
 * @param limits what one connection may use
 */
public record ListenerConfig(
    String name,
    List<InetSocketAddress> addresses,
    @Nullable ServerTls tls,
    Timeouts timeouts,
    ConnectionLimits limits) {
  /** Copies the addresses. */
  public ListenerConfig {
    addresses = List.copyOf(addresses);
  }
}
