package dev.sluice.http;

import java.time.Duration;

/**
 * Bounds how long a connection waits; zero means no bound.
 *
 * @param idle without any stream: then the connection is closed (GOAWAY on HTTP/2)
 * @param headers from the first byte of a request to the end of its headers
 * @param request from the first byte of a request to its last
 * @param stream without a byte in either direction on a stream
 */
public record Timeouts(Duration idle, Duration headers, Duration request, Duration stream) {
  /** The timeouts of a listener that configures none. */
  public static final Timeouts DEFAULT =
      new Timeouts(Duration.ofMinutes(5), Duration.ofSeconds(10), Duration.ZERO, Duration.ZERO);
}
