package dev.sluice.proxy;

import dev.sluice.plugin.ai.AiEnd;
import dev.sluice.plugin.ai.Usage;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Tells what is known of the LLM call of an exchange. Belongs to its loop; an {@link
 * ExchangeObserver} copies what it keeps.
 */
public interface AiFacts {
  /** Returns the client's protocol ({@code openai.chat}), or an empty string when it is unknown. */
  String protocol();

  /** Returns the model that the client named, or an empty string. */
  String requestedModel();

  /** Returns the model that the last attempt asked for: the provider's name of it, or empty. */
  String targetModel();

  /** Returns the model that answered, as the provider names it, or an empty string. */
  String answeredModel();

  /** Returns the provider of the answer or of the last attempt, or an empty string. */
  String provider();

  /** Returns whether the client asked for a stream. */
  boolean stream();

  /** Returns the usage: the provider's or an estimate; all zero before an attempt answered. */
  Usage usage();

  /** Returns the limit of output tokens that the client set. */
  OptionalLong maxOutputTokens();

  /** Returns the attempts, the first one first. */
  List<AiAttempt> attempts();

  /** Returns nanoseconds from the begin of the exchange to its first content, or -1. */
  long firstTokenNanos();

  /** Returns how it ended, or null while it goes on or when it was never read. */
  AiEnd.@Nullable Outcome outcome();

  /** Returns the finish reason of the first choice in normalized form, or an empty string. */
  String finishReason();

  /** Returns the id that the provider gave the answer, or an empty string. */
  default String responseId() {
    return "";
  }

  /**
   * Is one attempt to have the call answered.
   *
   * @param provider the provider asked
   * @param model the provider's name of the model
   * @param upstream the upstream asked
   * @param status the status of the response, 0 when none came
   * @param failure what went wrong ({@code connect}, {@code timeout}, {@code status}, {@code
   *     error_in_stream}, {@code truncated}, …), or an empty string
   * @param firstTokenNanos from the begin of the attempt to its first content, or -1
   * @param totalNanos from its begin to its end
   */
  record AiAttempt(
      String provider,
      String model,
      String upstream,
      int status,
      String failure,
      long firstTokenNanos,
      long totalNanos) {}
}
