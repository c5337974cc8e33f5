package dev.sluice.proxy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells how a plugin fares, for the admin API and metrics (design.md section 8). Counts are over
 * all generations that live.
 *
 * @param name its name
 * @param engine what runs it
 * @param version of its manifest, or an empty string
 * @param digest of the generation that new exchanges get
 * @param state where it stands
 * @param error why it failed, or null
 * @param since when it came into this state
 * @param routes the routes that have it in their chain
 * @param generations the newest first
 * @param loadTime how long its engine took to read and compile it, for the generation that new
 *     exchanges get
 * @param vms VMs alive
 * @param contexts stream contexts alive: one for each exchange or connection that has it in its
 *     chain
 * @param memoryBytes guest memory of all VMs
 * @param calls callbacks run
 * @param failures failed callbacks by {@link dev.sluice.plugin.PluginException.Kind}, lower case
 * @param callTime how long callbacks take (sampled)
 */
public record PluginStatus(
    String name,
    String engine,
    String version,
    String digest,
    State state,
    @Nullable String error,
    Instant since,
    List<String> routes,
    List<Generation> generations,
    Duration loadTime,
    int vms,
    long contexts,
    long memoryBytes,
    long calls,
    Map<String, Long> failures,
    CallTime callTime) {
  /** Says where a plugin stands, as far as the proxy knows; fetching and verifying come before. */
  public enum State {
    /** Its engine reads and compiles it. */
    COMPILING,
    /** Its VMs start. */
    WARMING,
    /** It serves. */
    ACTIVE,
    /** No snapshot has it any more; exchanges still use it. */
    DRAINING,
    /** A VM died and is being rebuilt. */
    FAILED
  }

  /**
   * Is one warmed set of VMs.
   *
   * @param digest of its artifact
   * @param exchanges that use it now
   * @param current whether new exchanges get it
   */
  public record Generation(String digest, long exchanges, boolean current) {}

  /**
   * Is the distribution of the time of one callback; one callback in 16 is measured.
   *
   * @param sum of those measured
   * @param buckets ascending; the last one has no bound ({@link
   *     java.time.temporal.ChronoUnit#FOREVER})
   */
  public record CallTime(Duration p50, Duration p99, Duration sum, List<Bucket> buckets) {
    /** Counts measured callbacks that took up to a time, and more than that of the one before. */
    public record Bucket(Duration upTo, long count) {}
  }
}
