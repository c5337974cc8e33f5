package dev.sluice.plugin.ai;

/**
 * Counts tokens.
 *
 * @param input prompt tokens, cached ones included
 * @param cachedInput prompt tokens that the provider read from its cache
 * @param output completion tokens, reasoning ones included
 * @param reasoning completion tokens spent on reasoning
 * @param estimated whether the gateway counted because the provider sent no usage
 * @param cacheWrites prompt tokens that the provider wrote to its cache, where it says so
 */
public record Usage(
    long input,
    long cachedInput,
    long output,
    long reasoning,
    boolean estimated,
    long cacheWrites) {

  /** Counts tokens of a provider that says nothing of writes to its cache. */
  public Usage(long input, long cachedInput, long output, long reasoning, boolean estimated) {
    this(input, cachedInput, output, reasoning, estimated, 0);
  }
}
