package dev.sluice.providers.internal;

import dev.sluice.providers.ModelSpec.Strategy;

/**
 * Selects one of several targets. Allocates nothing. Guarded by the benchmark {@code
 * ProviderBench}.
 *
 * @param promptTokens about how many the call has
 * @param outputTokens how many it may get, at most
 */
record Selection(Strategy strategy, long promptTokens, long outputTokens) {
  /** For the comparison of costs, where the call sets no limit. */
  private static final long USUAL_OUTPUT = 500;

  /** So that a target of which nothing is known is not asked by everybody at once. */
  private static final double FLOOR_NANOS = 1e6;

  /**
   * Returns the index of a target.
   *
   * @param able which ones may be selected, a bit for each; at least one
   * @param random at least 0
   */
  int select(LiveTarget[] targets, long able, long now, int random) {
    if ((able & (able - 1)) == 0) {
      return Long.numberOfTrailingZeros(able);
    }
    return switch (strategy) {
      case WEIGHTED -> weighted(targets, able, random);
      case PRIORITY -> weighted(targets, first(targets, able), random);
      case LEAST_BUSY, LEAST_COST, LEAST_LATENCY -> least(targets, able, now, random);
    };
  }

  private static long first(LiveTarget[] targets, long able) {
    int lowest = Integer.MAX_VALUE;
    long among = 0;
    for (long left = able; left != 0; left &= left - 1) {
      int i = Long.numberOfTrailingZeros(left);
      int priority = targets[i].spec.priority();
      if (priority < lowest || among == 0) {
        lowest = priority;
        among = 0;
      }
      if (priority == lowest) {
        among |= 1L << i;
      }
    }
    return among;
  }

  /** Those of weight 0 have their turn when there are no others. */
  private static int weighted(LiveTarget[] targets, long able, int random) {
    long total = 0;
    for (long left = able; left != 0; left &= left - 1) {
      total += targets[Long.numberOfTrailingZeros(left)].spec.weight();
    }
    if (total == 0) {
      return nth(able, random % Long.bitCount(able));
    }
    long at = random % total;
    for (long left = able; left != 0; left &= left - 1) {
      int i = Long.numberOfTrailingZeros(left);
      at -= targets[i].spec.weight();
      if (at < 0) {
        return i;
      }
    }
    throw new IllegalStateException("at: " + at + " of " + total);
  }

  private static int nth(long able, int n) {
    long left = able;
    for (int i = 0; i < n; i++) {
      left &= left - 1;
    }
    return Long.numberOfTrailingZeros(left);
  }

  /** The search begins somewhere, so that equals have equal parts. */
  private int least(LiveTarget[] targets, long able, long now, int random) {
    int start = random % targets.length;
    double least = Double.POSITIVE_INFINITY;
    int best = -1;
    for (int k = 0; k < targets.length; k++) {
      int i = (start + k) % targets.length;
      if ((able & (1L << i)) != 0) {
        double score = score(targets[i], now);
        if (score < least || best < 0) {
          least = score;
          best = i;
        }
      }
    }
    return best;
  }

  private double score(LiveTarget target, long now) {
    int active = target.state.active.get();
    return switch (strategy) {
      case LEAST_BUSY -> (active + 1.0) / Math.max(target.spec.weight(), 1);
      case LEAST_LATENCY -> (target.state.latency.believed(now) + FLOOR_NANOS) * (active + 1);
      case LEAST_COST -> {
        var cost = target.spec.cost();
        long output = outputTokens == 0 ? USUAL_OUTPUT : outputTokens;
        yield cost == null
            ? Double.MAX_VALUE
            : cost.input() * promptTokens + cost.output() * output;
      }
      case WEIGHTED, PRIORITY -> 0;
    };
  }
}
