package dev.sluice.ai;

import dev.sluice.plugin.Headers;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Names the endpoint that a request goes to.
 *
 * @param protocol the operation
 * @param model the model in the path, or an empty string when the body names it
 * @param stream whether the path asks for a stream
 * @param serverSentEvents whether a stream is to be server-sent events; else a Gemini stream is a
 *     JSON array
 */
public record AiEndpoint(
    AiProtocol protocol, String model, boolean stream, boolean serverSentEvents) {

  /**
   * Finds the endpoint of a request, wherever it is mounted: the end of the path decides.
   *
   * @param path the path with its query
   * @param headers the request headers: Anthropic's clients are known by {@code anthropic-version}
   *     where the path is OpenAI's too
   * @return empty for an endpoint that is none of the formats'
   */
  public static Optional<AiEndpoint> of(String method, String path, Headers headers) {
    int queryAt = path.indexOf('?');
    String query = queryAt < 0 ? "" : path.substring(queryAt + 1);
    String plain = queryAt < 0 ? path : path.substring(0, queryAt);
    if (plain.endsWith("/")) {
      plain = plain.substring(0, plain.length() - 1);
    }
    return switch (method) {
      case "POST" -> post(plain, query);
      case "GET" -> get(plain, headers);
      default -> Optional.empty();
    };
  }

  private static Optional<AiEndpoint> post(String path, String query) {
    if (path.endsWith("/chat/completions")) {
      return body(AiProtocol.OPENAI_CHAT);
    }
    if (path.endsWith("/messages/count_tokens")) {
      return body(AiProtocol.ANTHROPIC_COUNT_TOKENS);
    }
    int colon = path.lastIndexOf(':');
    int slash = path.lastIndexOf('/');
    if (colon > slash) {
      return gemini(decode(path.substring(slash + 1, colon)), path.substring(colon + 1), query);
    }
    return switch (path.substring(slash + 1)) {
      case "completions" -> body(AiProtocol.OPENAI_COMPLETIONS);
      case "responses" -> body(AiProtocol.OPENAI_RESPONSES);
      case "embeddings" -> body(AiProtocol.OPENAI_EMBEDDINGS);
      case "moderations" -> body(AiProtocol.OPENAI_MODERATIONS);
      case "messages" -> body(AiProtocol.ANTHROPIC_MESSAGES);
      default -> Optional.empty();
    };
  }

  private static Optional<AiEndpoint> gemini(String model, String operation, String query) {
    if (model.isEmpty()) {
      return Optional.empty();
    }
    return switch (operation) {
      case "generateContent" ->
          Optional.of(new AiEndpoint(AiProtocol.GEMINI_GENERATE, model, false, false));
      case "streamGenerateContent" ->
          Optional.of(
              new AiEndpoint(
                  AiProtocol.GEMINI_GENERATE,
                  model,
                  true,
                  ("&" + query + "&").contains("&alt=sse&")));
      case "countTokens" ->
          Optional.of(new AiEndpoint(AiProtocol.GEMINI_COUNT_TOKENS, model, false, false));
      default -> Optional.empty();
    };
  }

  private static Optional<AiEndpoint> get(String path, Headers headers) {
    String model = "";
    String list = path;
    if (!path.endsWith("/models")) {
      int models = path.lastIndexOf("/models/");
      if (models < 0) {
        return Optional.empty();
      }
      model = decode(path.substring(models + "/models/".length()));
      list = path.substring(0, models) + "/models";
    }
    AiProtocol protocol = AiProtocol.OPENAI_MODELS;
    if (headers.get("anthropic-version") != null) {
      protocol = AiProtocol.ANTHROPIC_MODELS;
    } else if (list.endsWith("/v1beta/models")) {
      protocol = AiProtocol.GEMINI_MODELS;
    }
    return Optional.of(new AiEndpoint(protocol, model, false, false));
  }

  private static Optional<AiEndpoint> body(AiProtocol protocol) {
    return Optional.of(new AiEndpoint(protocol, "", false, true));
  }

  private static String decode(String segment) {
    try {
      return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return segment;
    }
  }
}
