package dev.sluice.providers;

import java.time.Duration;

/**
 * Says when a model of a provider is left out because it fails.
 *
 * @param consecutiveErrors failed calls in a row after which it is; 0 for never
 * @param ejectionTime for how long, doubled with each trial that fails
 * @param maxEjectionTime at most
 */
public record HealthPolicy(int consecutiveErrors, Duration ejectionTime, Duration maxEjectionTime) {
  /** After 5 errors for 10 s, at most 5 min. */
  public static final HealthPolicy DEFAULT =
      new HealthPolicy(5, Duration.ofSeconds(10), Duration.ofMinutes(5));
}
