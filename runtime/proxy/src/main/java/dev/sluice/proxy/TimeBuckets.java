package dev.sluice.proxy;

import java.time.Duration;

/** Sorts times into buckets that are a quarter of a power of two wide, from 0 ns to 18 minutes. */
public final class TimeBuckets {
  /** How many there are. */
  public static final int COUNT = 160;

  private TimeBuckets() {}

  /** Returns the bucket of a time. */
  public static int bucket(long nanos) {
    if (nanos < 4) {
      return (int) Math.max(nanos, 0);
    }
    int exponent = 63 - Long.numberOfLeadingZeros(nanos);
    int quarter = (int) (nanos >>> (exponent - 2)) & 3;
    return Math.min(exponent * 4 + quarter - 4, COUNT - 1);
  }

  /** Returns the longest time of a bucket in nanoseconds. */
  public static long upperBound(int bucket) {
    if (bucket < 4) {
      return bucket;
    }
    int exponent = (bucket + 4) / 4;
    int quarter = (bucket + 4) % 4;
    return ((4L + quarter + 1) << (exponent - 2)) - 1;
  }

  /** Returns the time that a share of what was counted does not pass; zero without any. */
  public static Duration quantile(long[] counts, int percent) {
    long total = 0;
    for (long count : counts) {
      total += count;
    }
    long wanted = (total * percent + 99) / 100;
    long seen = 0;
    for (int i = 0; i < counts.length && total > 0; i++) {
      seen += counts[i];
      if (seen >= wanted) {
        return Duration.ofNanos(upperBound(i));
      }
    }
    return Duration.ZERO;
  }
}
