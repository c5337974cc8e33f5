package dev.sluice.proxy;

import java.util.List;

/**
 * Tells how an upstream fares, for the admin API.
 *
 * @param name its name
 * @param active attempts under way
 * @param pending attempts that wait for a connection
 * @param rejected attempts refused by {@link UpstreamSpec.Limits}
 * @param endpoints the addresses in use
 */
public record UpstreamStatus(
    String name, long active, long pending, long rejected, List<Endpoint> endpoints) {
  /**
   * Tells how one address fares.
   *
   * @param address {@code host:port}, resolved
   * @param active attempts under way
   * @param requests attempts begun
   * @param connectFailures attempts that got no connection
   * @param failures attempts that ended in a reset or a time-out
   */
  public record Endpoint(
      String address, long active, long requests, long connectFailures, long failures) {}
}
