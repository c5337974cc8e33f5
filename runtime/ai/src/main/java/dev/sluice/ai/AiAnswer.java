package dev.sluice.ai;

import dev.sluice.ai.internal.OwnAnswers;
import dev.sluice.plugin.ai.AiEvent;
import java.util.List;

/**
 * Is an answer that the gateway gives itself, in the client's protocol.
 *
 * @param status the HTTP status
 * @param contentType the content type
 * @param body the body; of a stream, all of its events
 */
public record AiAnswer(int status, String contentType, byte[] body) {
  /** Returns an error in the words of a protocol. */
  public static AiAnswer error(AiProtocol protocol, AiError error) {
    return new AiAnswer(error.status(), "application/json", OwnAnswers.error(protocol, error));
  }

  /**
   * Returns a complete answer, streamed when the client asked for a stream: from a cache, or
   * instead of a model. A finish and a usage are added where the events have none.
   *
   * @throws AiFormatException of kind UNSUPPORTED when the operation is not answered by text
   */
  public static AiAnswer of(AiCall call, List<AiEvent> events) {
    return OwnAnswers.of(call.endpoint(), call.stream(), call.wantsUsage(), call.model(), events);
  }

  /**
   * Returns a refusal.
   *
   * @param status the status of an error, or 200 for an answer of the model that refuses
   * @param code a stable word ({@code content_blocked})
   */
  public static AiAnswer refusal(AiCall call, int status, String code, String message) {
    if (status >= 400 || !call.endpoint().protocol().generates()) {
      int errorStatus = status >= 400 ? status : 403;
      return error(call.endpoint().protocol(), new AiError(errorStatus, code, message));
    }
    return of(
        call,
        List.of(
            new AiEvent.TextDelta(0, "answer", message), new AiEvent.Finish(0, "content_filter")));
  }

  /** Returns the answer to a request for a count of tokens. */
  public static AiAnswer tokenCount(AiProtocol protocol, long tokens) {
    return new AiAnswer(200, "application/json", OwnAnswers.count(protocol, tokens));
  }

  /** Returns what is known of one model, in the words of a protocol. */
  public static AiAnswer model(AiProtocol protocol, String name) {
    return new AiAnswer(200, "application/json", OwnAnswers.model(protocol, name));
  }

  /** Returns the list of models in the words of a protocol. */
  public static AiAnswer models(AiProtocol protocol, List<String> names) {
    return new AiAnswer(200, "application/json", OwnAnswers.models(protocol, names));
  }
}
