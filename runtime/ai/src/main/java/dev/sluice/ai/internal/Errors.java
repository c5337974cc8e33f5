package dev.sluice.ai.internal;

import dev.sluice.ai.AiError;
import dev.sluice.ai.AiFormat;
import dev.sluice.ai.AiProtocol;
import java.util.Locale;

/** Renders errors in the words of each format. */
public final class Errors {
  private Errors() {}

  /** Returns the HTTP status that fits a provider's word for an error. */
  static int status(String code) {
    return switch (code.toLowerCase(Locale.ROOT)) {
      case "invalid_request_error",
          "invalid_request",
          "invalid_argument",
          "failed_precondition",
          "context_length_exceeded",
          "out_of_range" ->
          400;
      case "authentication_error", "invalid_api_key", "unauthenticated" -> 401;
      case "billing_error" -> 402;
      case "permission_error", "permission_denied" -> 403;
      case "not_found_error", "model_not_found", "not_found" -> 404;
      case "request_too_large" -> 413;
      case "content_filter", "content_policy_violation" -> 422;
      case "rate_limit_error",
          "rate_limit_exceeded",
          "insufficient_quota",
          "resource_exhausted",
          "rate_limited",
          "tokens",
          "requests" ->
          429;
      case "overloaded_error", "unavailable", "overloaded" -> 503;
      case "timeout_error", "deadline_exceeded", "upstream_timeout" -> 504;
      case "upstream_reset", "upstream_connect_failed", "upstream_protocol_error" -> 502;
      default -> 500;
    };
  }

  /** Returns the body of an error answer. */
  public static byte[] body(AiProtocol protocol, AiError error) {
    var out = new JsonWriter(256);
    write(protocol.format(), error, out);
    return out.toByteArray();
  }

  private static void write(AiFormat format, AiError error, JsonWriter out) {
    out.object();
    switch (format) {
      case OPENAI -> {
        out.object("error").field("message", error.message());
        out.field("type", openAiType(error));
        if (error.param() == null) {
          out.nullField("param");
        } else {
          out.optional("param", error.param());
        }
        out.field("code", error.code());
      }
      case ANTHROPIC -> {
        out.field("type", "error").object("error").field("type", anthropicType(error.status()));
        out.field("message", error.message());
      }
      case GEMINI -> {
        out.object("error").field("code", error.status()).field("message", error.message());
        out.field("status", geminiStatus(error.status()));
      }
    }
    out.endObject().endObject();
  }

  /** Returns the event that ends a stream with an error. */
  public static byte[] inStream(AiProtocol protocol, AiError error) {
    var out = new Bytes(256);
    frame(protocol, error, out);
    return out.toByteArray();
  }

  /** Writes an error into a stream that has begun. */
  static void frame(AiProtocol protocol, AiError error, Bytes out) {
    switch (protocol.format()) {
      case OPENAI -> {
        if (protocol == AiProtocol.OPENAI_RESPONSES) {
          var json = new JsonWriter(256);
          json.object().field("type", "error").field("code", error.code());
          json.field("message", error.message());
          if (error.param() == null) {
            json.nullField("param");
          } else {
            json.optional("param", error.param());
          }
          Sse.frame("error", json.endObject(), out);
        } else {
          Sse.frame(null, body(protocol, error), out);
        }
      }
      case ANTHROPIC -> Sse.frame("error", body(protocol, error), out);
      case GEMINI -> Sse.frame(null, body(protocol, error), out);
    }
  }

  private static String openAiType(AiError error) {
    if (error.code().equals("content_filter")) {
      return "content_filter";
    }
    return switch (error.status()) {
      case 400, 404, 405, 413, 415, 422 -> "invalid_request_error";
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 429 ->
          error.code().equals("insufficient_quota") ? "insufficient_quota" : "rate_limit_error";
      default -> error.status() < 500 ? "invalid_request_error" : "server_error";
    };
  }

  private static String anthropicType(int status) {
    return switch (status) {
      case 400, 405, 415, 422 -> "invalid_request_error";
      case 401 -> "authentication_error";
      case 402 -> "billing_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 408, 504 -> "timeout_error";
      case 413 -> "request_too_large";
      case 429 -> "rate_limit_error";
      case 503, 529 -> "overloaded_error";
      default -> status < 500 ? "invalid_request_error" : "api_error";
    };
  }

  private static String geminiStatus(int status) {
    return switch (status) {
      case 401 -> "UNAUTHENTICATED";
      case 403 -> "PERMISSION_DENIED";
      case 404 -> "NOT_FOUND";
      case 429 -> "RESOURCE_EXHAUSTED";
      case 503, 529 -> "UNAVAILABLE";
      case 408, 504 -> "DEADLINE_EXCEEDED";
      default -> status < 500 ? "INVALID_ARGUMENT" : "INTERNAL";
    };
  }
}
