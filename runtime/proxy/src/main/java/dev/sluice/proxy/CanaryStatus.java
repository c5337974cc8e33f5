package dev.sluice.proxy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Tells how the two versions of a plugin fare of which the new one gets a share of exchanges.
 *
 * @param plugin its name
 * @param rollout names the rollout, as in {@link CanarySpec}
 * @param canary what exchanges with the new version did
 * @param stable what exchanges with the version before did
 */
public record CanaryStatus(String plugin, long rollout, Counts canary, Counts stable) {
  /**
   * Counts exchanges that have ended, TCP connections among them. One whose client went away counts
   * only when the plugin failed on it.
   *
   * @param exchanges how many
   * @param failures how many of them failed: the plugin failed on them, the answer was 5xx, or
   *     there was none
   * @param times how many began their response within a time, by buckets of which {@link #quantile}
   *     knows the bounds
   */
  public record Counts(long exchanges, long failures, List<Long> times) {
    /** Copies the list. */
    public Counts {
      times = List.copyOf(times);
    }

    /** Returns what was counted since an earlier moment. */
    public Counts since(Counts earlier) {
      var left = new ArrayList<Long>(times.size());
      for (int i = 0; i < times.size(); i++) {
        left.add(times.get(i) - earlier.times.get(i));
      }
      return new Counts(exchanges - earlier.exchanges, failures - earlier.failures, left);
    }

    /** Returns the share of failures, 0 to 1; 0 without exchanges. */
    public double failureRate() {
      return exchanges == 0 ? 0 : (double) failures / exchanges;
    }

    /**
     * Returns the time within which a share of the exchanges began their response, at most 25 % too
     * long; zero without any.
     *
     * @param percent 1 to 100
     */
    public Duration quantile(int percent) {
      return TimeBuckets.quantile(times.stream().mapToLong(Long::longValue).toArray(), percent);
    }
  }
}
