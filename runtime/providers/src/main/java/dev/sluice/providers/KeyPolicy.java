package dev.sluice.providers;

import java.time.Duration;

/**
 * Says how long keys stay out of use.
 *
 * @param cooldown after a 429 that does not say how long
 * @param maxCooldown at most after a 429, whatever it says
 * @param rejected after the provider did not accept the key, doubled with each trial that it fails
 * @param maxRejected at most after that
 */
public record KeyPolicy(
    Duration cooldown, Duration maxCooldown, Duration rejected, Duration maxRejected) {
  /** 10 s and at most 5 min; 10 s and at most 10 min. */
  public static final KeyPolicy DEFAULT =
      new KeyPolicy(
          Duration.ofSeconds(10),
          Duration.ofMinutes(5),
          Duration.ofSeconds(10),
          Duration.ofMinutes(10));
}
