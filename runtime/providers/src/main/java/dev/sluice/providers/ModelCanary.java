package dev.sluice.providers;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gives a part of a model's calls to other targets, on trial.
 *
 * @param name for metrics and logs, unique in its model
 * @param when which callers take part
 * @param share how many of 10,000 of them
 * @param sticky what one caller is known by, so that it stays on the same side
 * @param targets who serves the calls
 * @param rollback when the trial ends by itself, or null for never
 */
public record ModelCanary(
    String name,
    When when,
    int share,
    Sticky sticky,
    List<ModelTarget> targets,
    @Nullable Rollback rollback) {
  /** All of them. */
  public static final int ALL = 10_000;

  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException when the share or the list is out of its range
   */
  public ModelCanary {
    targets = ModelSpec.requireTargets(targets, "targets", 1);
    if (share < 0 || share > ALL) {
      throw new IllegalArgumentException("share: " + share + " (expected: 0.." + ALL + ")");
    }
  }

  /**
   * Says which callers take part: those for whom everything holds that is said.
   *
   * @param header a field that the request must have, in lower case, or null
   * @param in the values that it may have; empty for any
   * @param consumers of whom the caller is one; empty for anybody
   * @param groups of which the caller belongs to one; empty for anybody
   */
  public record When(
      @Nullable String header, Set<String> in, Set<String> consumers, Set<String> groups) {
    /** Takes everybody. */
    public static final When ANYBODY = new When(null, Set.of(), Set.of(), Set.of());

    /** Copies the sets. */
    public When {
      header = header == null ? null : header.toLowerCase(Locale.ROOT);
      in = Set.copyOf(in);
      consumers = Set.copyOf(consumers);
      groups = Set.copyOf(groups);
    }
  }

  /**
   * Says what one caller is known by.
   *
   * @param by what is looked at
   * @param header the field, in lower case, where it is one; else empty
   */
  public record Sticky(By by, String header) {
    /** By the consumer; each call of somebody unknown for itself. */
    public static final Sticky CONSUMER = new Sticky(By.CONSUMER, "");

    /** Each call for itself. */
    public static final Sticky NONE = new Sticky(By.NONE, "");

    /** What is looked at. */
    public enum By {
      CONSUMER,
      HEADER,
      NONE
    }

    /** Lower-cases the header. */
    public Sticky {
      header = header.toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Says when a trial ends by itself.
   *
   * @param failureRate how many more of its calls may fail than of the others, 0 to 1
   * @param latency how much later than the others' its answers may begin, at the 95th percentile;
   *     zero for any time
   * @param exchanges how many calls it must have had before it is judged
   * @param window how long calls are counted before counting begins anew
   */
  public record Rollback(double failureRate, Duration latency, int exchanges, Duration window) {
    /** 5 % more failures among 20 calls in 10 minutes; no bound on latency. */
    public static final Rollback DEFAULT =
        new Rollback(0.05, Duration.ZERO, 20, Duration.ofMinutes(10));
  }
}
