package dev.sluice.standin.internal;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Refuses a request, in the words of the provider it stands in for. */
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  final int status;
  final String code;
  final @Nullable String param;

  Refusal(int status, String code, String message, @Nullable String param) {
    super(message, null, false, false);
    this.status = status;
    this.code = code;
    this.param = param;
  }

  /** Refuses a field of a request. */
  static Refusal invalid(String param, String message) {
    return new Refusal(400, "", message, param);
  }

  /** Refuses by a status alone, as it was asked to. */
  static Refusal asked(int status, String code) {
    return new Refusal(status, code, "The stand-in was asked for status " + status + ".", null);
  }

  String text() {
    return String.valueOf(getMessage());
  }

  /** Returns the error object of a format. */
  ObjectNode json(Operation.Format format) {
    ObjectNode body = JsonMapper.shared().createObjectNode();
    switch (format) {
      case OPENAI -> {
        ObjectNode error = body.putObject("error");
        error.put("message", text()).put("type", openAiType()).put("param", param);
        error.put("code", code.isEmpty() ? openAiCode() : code);
      }
      case ANTHROPIC -> {
        body.put("type", "error");
        body.putObject("error").put("type", anthropicType()).put("message", placed());
        body.put("request_id", "req_standin");
      }
      case BEDROCK -> body.put("message", placed());
      case GEMINI ->
          body.putObject("error")
              .put("code", status)
              .put("message", placed())
              .put("status", geminiStatus());
    }
    return body;
  }

  /** Returns what Bedrock says in {@code x-amzn-errortype}. */
  String bedrockType() {
    return switch (status) {
      case 403 -> code.isEmpty() ? "AccessDeniedException" : code;
      case 404 -> "ResourceNotFoundException";
      case 408 -> "ModelTimeoutException";
      case 429 -> "ThrottlingException";
      case 503, 529 -> "ServiceUnavailableException";
      default -> status < 500 ? "ValidationException" : "InternalServerException";
    };
  }

  private String placed() {
    return param == null ? text() : param + ": " + text();
  }

  private String openAiType() {
    return switch (status) {
      case 429 -> code.equals("insufficient_quota") ? code : "requests";
      case 500, 502, 503, 504, 529 -> "server_error";
      default -> "invalid_request_error";
    };
  }

  private @Nullable String openAiCode() {
    return switch (status) {
      case 401 -> "invalid_api_key";
      case 404 -> "model_not_found";
      case 429 -> "rate_limit_exceeded";
      default -> null;
    };
  }

  private String anthropicType() {
    return switch (status) {
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 413 -> "request_too_large";
      case 429 -> "rate_limit_error";
      case 504 -> "timeout_error";
      case 503, 529 -> "overloaded_error";
      default -> status < 500 ? "invalid_request_error" : "api_error";
    };
  }

  private String geminiStatus() {
    return switch (status) {
      case 401 -> "UNAUTHENTICATED";
      case 403 -> "PERMISSION_DENIED";
      case 404 -> "NOT_FOUND";
      case 429 -> "RESOURCE_EXHAUSTED";
      case 503, 529 -> "UNAVAILABLE";
      case 504 -> "DEADLINE_EXCEEDED";
      default -> status < 500 ? "INVALID_ARGUMENT" : "INTERNAL";
    };
  }
}
