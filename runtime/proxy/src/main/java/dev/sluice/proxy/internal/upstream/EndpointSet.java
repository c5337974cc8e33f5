package dev.sluice.proxy.internal.upstream;

import dev.sluice.proxy.UpstreamSpec.LoadBalancing;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chooses among the endpoints of an upstream. Immutable.
 *
 * <p>The slots repeat each endpoint by its weight, spread evenly (smooth weighted round robin): a
 * round robin walks them, the other ways draw from them.
 */
final class EndpointSet {
  static final EndpointSet EMPTY = new EndpointSet(List.of(), new int[0]);

  /** Bounds the slots; weights that need more are scaled down. */
  private static final int MAX_SLOTS = 4096;

  final List<Endpoint> endpoints;
  private final Endpoint[] slots;

  EndpointSet(List<Endpoint> endpoints, int[] weights) {
    this.endpoints = List.copyOf(endpoints);
    slots = spread(endpoints, scaled(weights));
  }

  private static int[] scaled(int[] weights) {
    int divisor = 0;
    for (int weight : weights) {
      divisor = gcd(weight, divisor);
    }
    long total = 0;
    for (int weight : weights) {
      total += weight / divisor;
    }
    var scaled = new int[weights.length];
    for (int i = 0; i < weights.length; i++) {
      long weight = weights[i] / divisor;
      scaled[i] = (int) (total <= MAX_SLOTS ? weight : Math.max(1, weight * MAX_SLOTS / total));
    }
    return scaled;
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  private static Endpoint[] spread(List<Endpoint> endpoints, int[] weights) {
    int total = 0;
    for (int weight : weights) {
      total += weight;
    }
    var slots = new Endpoint[total];
    var credit = new int[weights.length];
    for (int slot = 0; slot < total; slot++) {
      int best = 0;
      for (int i = 0; i < weights.length; i++) {
        credit[i] += weights[i];
        best = credit[i] > credit[best] ? i : best;
      }
      credit[best] -= total;
      slots[slot] = endpoints.get(best);
    }
    return slots;
  }

  /**
   * Chooses an endpoint, another than {@code avoid} where there is one.
   *
   * @param turn counts up, for a round robin
   * @param random at least 0
   */
  @Nullable Endpoint choose(LoadBalancing by, int turn, int random, @Nullable Endpoint avoid) {
    int count = slots.length;
    if (count == 0) {
      return null;
    }
    if (count == 1) {
      return slots[0];
    }
    int at =
        switch (by) {
          case ROUND_ROBIN -> Math.floorMod(turn, count);
          case RANDOM -> random % count;
          case LEAST_REQUEST -> lessBusy(random);
        };
    var chosen = slots[at];
    if (chosen == avoid) {
      for (int i = 1; i < count; i++) {
        var other = slots[(at + i) % count];
        if (other != avoid) {
          return other;
        }
      }
    }
    return chosen;
  }

  /** Returns the less busy of two slots drawn at random (power of two choices). */
  private int lessBusy(int random) {
    int count = slots.length;
    int first = random % count;
    int second = (first + 1 + (random >>> 16) % (count - 1)) % count;
    return slots[second].active() < slots[first].active() ? second : first;
  }
}
