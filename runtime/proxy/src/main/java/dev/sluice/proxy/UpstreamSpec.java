package dev.sluice.proxy;

import dev.sluice.http.ClientTls;
import dev.sluice.http.PoolConfig.ProtocolChoice;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Describes a group of endpoints that serve the same. Two equal specs are one upstream: pools and
 * load balancing state carry over from snapshot to snapshot.
 *
 * @param name unique among upstreams
 * @param endpoints where it is
 * @param protocol what to speak
 * @param tls null for cleartext
 * @param loadBalancing how an endpoint is chosen
 * @param limits bounds the traffic to it
 */
public record UpstreamSpec(
    String name,
    List<Endpoint> endpoints,
    ProtocolChoice protocol,
    @Nullable ClientTls tls,
    LoadBalancing loadBalancing,
    Limits limits) {
  /** Copies the endpoints. */
  public UpstreamSpec {
    endpoints = List.copyOf(endpoints);
  }

  /** Returns a cleartext upstream with default settings. */
  public static UpstreamSpec of(String name, ProtocolChoice protocol, Endpoint... endpoints) {
    return new UpstreamSpec(
        name, List.of(endpoints), protocol, null, LoadBalancing.LEAST_REQUEST, Limits.DEFAULT);
  }

  /**
   * Is an address.
   *
   * @param host a literal address, or a name: every address of it is an endpoint, looked up off the
   *     loop and again at {@link Limits#dnsRefresh}
   * @param port 1 to 65535
   * @param weight its share, 1 to 1000
   */
  public record Endpoint(String host, int port, int weight) {
    /** Checks the numbers. */
    public Endpoint {
      if (port < 1 || port > 65_535) {
        throw new IllegalArgumentException("port: " + port + " (expected: 1..65535)");
      }
      if (weight < 1 || weight > 1000) {
        throw new IllegalArgumentException("weight: " + weight + " (expected: 1..1000)");
      }
    }

    /** Creates an endpoint of weight 1. */
    public Endpoint(String host, int port) {
      this(host, port, 1);
    }
  }

  /** Says how an endpoint is chosen. */
  public enum LoadBalancing {
    /** One after another, each by its weight. */
    ROUND_ROBIN,
    /** The less busy of two taken at random, counted over all loops. */
    LEAST_REQUEST,
    /** At random, by weight. */
    RANDOM
  }

  /**
   * Bounds an upstream; 0 is no bound.
   *
   * @param maxRequests exchanges at once, over all loops; one more is answered 503 {@code
   *     circuit_open}
   * @param maxPending exchanges that wait for a connection
   * @param maxRetries further attempts at once
   * @param connectTimeout for TCP and TLS together
   * @param idleTimeout after which an unused connection closes
   * @param dnsRefresh how often host names are looked up
   */
  public record Limits(
      int maxRequests,
      int maxPending,
      int maxRetries,
      Duration connectTimeout,
      Duration idleTimeout,
      Duration dnsRefresh) {
    /** The bounds of an upstream that configures none. */
    public static final Limits DEFAULT =
        new Limits(0, 0, 0, Duration.ofSeconds(5), Duration.ofSeconds(60), Duration.ofSeconds(10));
  }
}
