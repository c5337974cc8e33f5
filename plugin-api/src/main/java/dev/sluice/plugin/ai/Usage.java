package dev.sluice.plugin.ai;

/**
 * Counts tokens.
 *
 * @param input prompt tokens, cached ones included
 * @param cachedInput prompt tokens that the provider read from its cache
 * @param output completion tokens, reasoning ones included
 * @param reasoning completion tokens spent on reasoning
 * @param estimated whether the gateway counted because the provider sent no usage
 */
public record Usage(long input, long cachedInput, long output, long reasoning, boolean estimated) {}
