package dev.sluice.providers;

import dev.sluice.ai.ModelRouter.Timeouts;
import org.jspecify.annotations.Nullable;

/**
 * Is a model of a provider that may serve a call.
 *
 * @param provider its provider's name
 * @param model the provider's name of it: empty for the name that the caller used; {@code *} in it
 *     stands for what followed a prefix, {@code $1} for a group of a regular expression
 * @param weight its share, 0 to 1,000,000
 * @param priority lower ones first, where that decides
 * @param contextLength tokens of prompt and answer together that it takes; 0 when unknown
 * @param cost what it costs, or null when that is unknown
 * @param timeouts instead of the provider's, or null
 * @param api how Bedrock is asked
 */
public record ModelTarget(
    String provider,
    String model,
    int weight,
    int priority,
    long contextLength,
    @Nullable Cost cost,
    @Nullable Timeouts timeouts,
    BedrockApi api) {
  /** Says which API of Bedrock serves a model. */
  public enum BedrockApi {
    /** {@link #INVOKE} for models that are Anthropic's by their name, else {@link #OPENAI}. */
    AUTO,
    /** InvokeModel with a body of Anthropic's Messages API. */
    INVOKE,
    /** The endpoint for OpenAI's chat completions. */
    OPENAI
  }

  /**
   * Is a price, for comparisons only.
   *
   * @param input of a token of the prompt
   * @param output of a token of the answer, in the same unit
   */
  public record Cost(double input, double output) {}

  /**
   * @throws IllegalArgumentException when a number is out of its range
   */
  public ModelTarget {
    if (weight < 0 || weight > 1_000_000) {
      throw new IllegalArgumentException("weight: " + weight + " (expected: 0..1000000)");
    }
    if (contextLength < 0) {
      throw new IllegalArgumentException(
          "contextLength: " + contextLength + " (expected: 0 or more)");
    }
  }

  /** Returns a target of weight 1 and priority 0 of which nothing else is known. */
  public static ModelTarget of(String provider, String model) {
    return new ModelTarget(provider, model, 1, 0, 0, null, null, BedrockApi.AUTO);
  }
}
