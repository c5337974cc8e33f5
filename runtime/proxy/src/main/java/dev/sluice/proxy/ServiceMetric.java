package dev.sluice.proxy;

import java.util.List;
import java.util.Map;

/**
 * Is what an operation of a host service did for a plugin since the start.
 *
 * @param service its capability, such as {@code vectors}
 * @param operation the method
 * @param failures by reason, in lower case
 * @param durations how many took at most as long as each of {@link #BOUNDS}, and those beyond
 * @param seconds the sum of all durations
 */
public record ServiceMetric(
    String plugin,
    String service,
    String operation,
    long calls,
    Map<String, Long> failures,
    List<Long> durations,
    double seconds) {
  /** Bounds of the classes of durations, in seconds. */
  public static final List<Double> BOUNDS =
      List.of(0.000_01, 0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0);

  /** Copies the lists. */
  public ServiceMetric {
    failures = Map.copyOf(failures);
    durations = List.copyOf(durations);
  }
}
