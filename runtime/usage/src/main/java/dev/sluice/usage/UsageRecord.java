package dev.sluice.usage;

import dev.sluice.ai.Price;
import dev.sluice.plugin.ai.AiEnd;
import dev.sluice.plugin.ai.Usage;
import dev.sluice.proxy.AiFacts;
import dev.sluice.proxy.AiFacts.AiAttempt;
import dev.sluice.proxy.ExchangeRecord;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Is what one LLM exchange used and cost. Immutable; holds no text of the exchange, and of names
 * that callers and providers choose no more than 256 characters.
 *
 * @param requestId {@code x-request-id}
 * @param startWallNanos when it began, in nanoseconds since 1970
 * @param consumer who called, or an empty string
 * @param route the route's name, or an empty string
 * @param protocol the client's protocol ({@code openai.chat}), or an empty string
 * @param requestedModel the model that the client named
 * @param model the provider's name of the model, or an empty string
 * @param answeredModel the model that answered, as the provider names it, or an empty string
 * @param provider the provider of the answer or of the last attempt, or an empty string
 * @param stream whether the client asked for a stream
 * @param usage what was used
 * @param cost what that cost, or null when the price is not known
 * @param currency of the cost, or an empty string
 * @param outcome how it ended, or null when it was never read
 * @param status sent to the client, or that which stands for the error
 * @param code a stable word for an answer that is not the upstream's, or an empty string
 * @param finishReason of the first choice, or an empty string
 * @param responseId the provider's id of the answer, or an empty string
 * @param attempts the attempts, the first one first
 * @param firstTokenNanos to the first content, or -1
 * @param upstreamNanos in the attempts up to the response headers, or -1
 * @param durationNanos from begin to end
 */
public record UsageRecord(
    String requestId,
    long startWallNanos,
    String consumer,
    String route,
    String protocol,
    String requestedModel,
    String model,
    String answeredModel,
    String provider,
    boolean stream,
    Usage usage,
    @Nullable BigDecimal cost,
    String currency,
    AiEnd.@Nullable Outcome outcome,
    int status,
    String code,
    String finishReason,
    String responseId,
    List<AiAttempt> attempts,
    long firstTokenNanos,
    long upstreamNanos,
    long durationNanos) {
  /** How long a word of a caller's or a provider's may be: records are kept by the thousand. */
  static final int LONGEST = 256;

  /** Copies the list, and shortens what others chose. */
  public UsageRecord {
    attempts = List.copyOf(attempts);
    requestedModel = shortened(requestedModel);
    model = shortened(model);
    answeredModel = shortened(answeredModel);
    finishReason = shortened(finishReason);
    responseId = shortened(responseId);
  }

  private static String shortened(String word) {
    return word.length() <= LONGEST ? word : word.substring(0, LONGEST - 1) + '…';
  }

  /** Returns the record of an exchange that has ended. Called on its loop. */
  public static UsageRecord of(ExchangeRecord exchange, AiFacts ai, PriceBook prices) {
    var usage = ai.usage();
    // An answer from a cache or a refusal of a plugin cost nothing at a provider.
    Price price =
        ai.attempts().isEmpty()
            ? null
            : prices.price(ai.requestedModel(), ai.provider(), ai.targetModel());
    var identity = exchange.identity();
    var route = exchange.route();
    var error = exchange.error();
    return new UsageRecord(
        exchange.requestId(),
        exchange.startWallNanos(),
        identity == null ? "" : identity.name(),
        route == null ? "" : route,
        ai.protocol(),
        ai.requestedModel(),
        ai.targetModel(),
        ai.answeredModel(),
        ai.provider(),
        ai.stream(),
        usage,
        price == null ? null : price.cost(usage),
        price == null ? "" : price.currency(),
        ai.outcome(),
        exchange.status() == 0 && error != null ? error.status() : exchange.status(),
        exchange.code(),
        ai.finishReason(),
        ai.responseId(),
        ai.attempts(),
        ai.firstTokenNanos(),
        exchange.upstreamNanos(),
        exchange.durationNanos());
  }

  /** Returns the operation in the GenAI conventions' word: {@code chat}, {@code embeddings}, … */
  public String operation() {
    return Operations.of(protocol);
  }

  /** Returns whether the caller got less than it asked for. */
  public boolean failed() {
    return status >= 400
        || status == 0
        || outcome == AiEnd.Outcome.TRUNCATED
        || outcome == AiEnd.Outcome.UPSTREAM_ERROR
        || outcome == AiEnd.Outcome.CLIENT_GONE;
  }
}
