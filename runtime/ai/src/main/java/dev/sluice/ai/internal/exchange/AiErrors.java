package dev.sluice.ai.internal.exchange;

import dev.sluice.ai.AiAnswer;
import dev.sluice.ai.AiEndpoint;
import dev.sluice.ai.AiError;
import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiProtocol;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.ErrorRenderer;
import dev.sluice.proxy.GatewayError;
import org.jspecify.annotations.Nullable;

/** Renders the gateway's errors in the words of the format that the caller speaks. */
public final class AiErrors implements ErrorRenderer {
  /** Renders for all routes. */
  public static final AiErrors INSTANCE = new AiErrors();

  private AiErrors() {}

  @Override
  public Answer render(GatewayError error, @Nullable Headers request, String requestId) {
    return answer(protocol(request), new AiError(error.status(), error.code(), error.message()));
  }

  static Answer answer(AiProtocol protocol, AiError error) {
    return answer(AiAnswer.error(protocol, error));
  }

  static Answer answer(AiAnswer answer) {
    var headers = Headers.of(":status", Integer.toString(answer.status()));
    headers.add("content-type", answer.contentType());
    return new Answer(headers, answer.body());
  }

  /** Guesses the format of a caller whose endpoint is none that is known. */
  static AiProtocol protocol(@Nullable Headers request) {
    if (request == null) {
      return AiProtocol.OPENAI_CHAT;
    }
    var path = request.get(":path", "");
    var found = AiEndpoint.of(request.get(":method", ""), path, request);
    if (found.isPresent()) {
      return found.get().protocol();
    }
    if (request.contains("anthropic-version")) {
      return AiProtocol.ANTHROPIC_MESSAGES;
    }
    return request.contains("x-goog-api-key") || path.startsWith("/v1beta/")
        ? AiProtocol.GEMINI_GENERATE
        : AiProtocol.OPENAI_CHAT;
  }

  /** Returns what the exchange records of an error. */
  static GatewayError of(AiError error, GatewayError.Party who, String detail) {
    boolean again = error.status() == 408 || error.status() == 429 || error.status() >= 500;
    return new GatewayError(
        error.status(), error.code(), error.message(), detail, again, who, null);
  }

  /** Returns what a message that cannot be read is answered with. */
  static AiError of(AiFormatException problem) {
    var message = String.valueOf(problem.getMessage());
    return switch (problem.kind()) {
      case MALFORMED, UNSUPPORTED -> new AiError(400, "bad_request", message);
      case TOO_LARGE -> new AiError(413, "body_too_large", message);
    };
  }
}
