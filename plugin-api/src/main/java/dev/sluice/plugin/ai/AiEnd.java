package dev.sluice.plugin.ai;

/**
 * Says how an LLM exchange ended.
 *
 * @param outcome how it ended
 * @param model the model that answered
 * @param provider the provider that answered, or an empty string when none did
 * @param usage what was used
 */
public record AiEnd(Outcome outcome, String model, String provider, Usage usage) {
  /** How an exchange ended. */
  public enum Outcome {
    COMPLETE,
    REFUSED,
    CACHED,
    UPSTREAM_ERROR,
    TRUNCATED,
    CLIENT_GONE
  }
}
