package dev.sluice.plugin;

import java.time.Duration;

/**
 * Bounds what a plugin may use. Passing a limit fails the plugin's call, never the loop.
 *
 * @param memory bytes of guest memory (Wasm)
 * @param callTime CPU time of one callback
 * @param startTime time to start and configure
 * @param bodyBuffer bytes that one filter may hold per direction
 * @param logLines log lines per second; more are dropped and counted
 * @param callouts callouts in flight
 * @param timers timers per root context
 * @param metrics metric definitions
 * @param storeBytes bytes of shared data or store
 * @param queueItems items in one shared queue
 */
public record Limits(
    long memory,
    Duration callTime,
    Duration startTime,
    int bodyBuffer,
    int logLines,
    int callouts,
    int timers,
    int metrics,
    long storeBytes,
    int queueItems) {
  /** The limits of a plugin that configures none. */
  public static final Limits DEFAULT =
      new Limits(
          64L << 20,
          Duration.ofMillis(50),
          Duration.ofSeconds(10),
          1 << 20,
          100,
          64,
          1,
          1000,
          16L << 20,
          10_000);
}
