package dev.sluice.standin;

/**
 * Tells what a stand-in produced for one request.
 *
 * @param requestId what the request said as {@code x-request-id}, or an empty string
 * @param operation such as {@code openai.chat}
 * @param model the model without the wishes in its name
 * @param key the API key, or an empty string
 * @param outcome how it ended
 * @param input prompt tokens, cached ones included
 * @param cached those of them that came from a cache
 * @param output tokens that were sent, reasoning included
 * @param reasoning those of them that were reasoning
 */
public record ProducedAnswer(
    String requestId,
    String operation,
    String model,
    String key,
    Outcome outcome,
    long input,
    long cached,
    long output,
    long reasoning) {
  /** Says how an answer ended. */
  public enum Outcome {
    /** It was an error. */
    REFUSED,
    /** It was sent to its end. */
    COMPLETE,
    /** The stand-in broke it off, as it was asked to. */
    CUT,
    /** Its client went away. */
    ABANDONED
  }
}
