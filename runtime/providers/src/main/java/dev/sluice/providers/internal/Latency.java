package dev.sluice.providers.internal;

/**
 * Is a moving average of latencies that fades while nothing is heard, so that one bad answer does
 * not keep a target out for ever. Used by all loops: a value that two of them add at once may get
 * lost.
 */
final class Latency {
  /** After so long without news half of it is believed. */
  private static final double HALF_LIFE_NANOS = 30e9;

  private static final double NEWEST = 0.2;

  private volatile Sample average = new Sample(0, 0);

  private record Sample(double nanos, long at) {}

  void add(long nanos, long now) {
    var before = average;
    double next = before.nanos == 0 ? nanos : before.nanos + NEWEST * (nanos - before.nanos);
    average = new Sample(next, now);
  }

  /** Returns the average in nanoseconds; 0 while nothing is known. */
  double average() {
    return average.nanos;
  }

  /** Returns what is believed of it now. */
  double believed(long now) {
    var sample = average;
    long age = now - sample.at;
    return age <= 0 ? sample.nanos : sample.nanos * Math.pow(0.5, age / HALF_LIFE_NANOS);
  }
}
