package dev.sluice.providers;

/**
 * Is one key of a provider.
 *
 * @param name for metrics and logs, unique in its provider; it tells nothing of the secret
 * @param secret what is sent or signed with
 * @param weight its share of the calls, 1 to 1000
 * @param concurrency how many calls it may have at once, over all loops; 0 for any number
 */
public record ProviderKey(String name, Secret secret, int weight, int concurrency) {
  /**
   * @throws IllegalArgumentException when a number is out of its range
   */
  public ProviderKey {
    if (weight < 1 || weight > 1000) {
      throw new IllegalArgumentException("weight: " + weight + " (expected: 1..1000)");
    }
    if (concurrency < 0) {
      throw new IllegalArgumentException("concurrency: " + concurrency + " (expected: 0 or more)");
    }
  }
}
