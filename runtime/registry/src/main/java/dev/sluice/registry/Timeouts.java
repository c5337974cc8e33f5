package dev.sluice.registry;

import java.time.Duration;

/**
 * Bounds the waits of one request.
 *
 * @param connect until a connection stands, TLS included
 * @param idle between two reads
 * @param total from the first byte sent to the last byte read
 */
public record Timeouts(Duration connect, Duration idle, Duration total) {
  /** Fits plugins over slow lines: 10 s, 30 s, 15 min. */
  public static final Timeouts DEFAULT =
      new Timeouts(Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofMinutes(15));

  /** Refuses what cannot be counted in the milliseconds of a socket. */
  public Timeouts {
    check("connect", connect);
    check("idle", idle);
    check("total", total);
  }

  private static void check(String name, Duration value) {
    if (value.toMillis() < 1 || value.toMillis() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "timeout " + name + ": " + value + " (expected: 1 ms to 24 days)");
    }
  }
}
