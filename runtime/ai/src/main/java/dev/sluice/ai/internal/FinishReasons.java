package dev.sluice.ai.internal;

import dev.sluice.ai.AiProtocol;
import java.util.Locale;

/**
 * Translates why an answer ended: {@code stop}, {@code length}, {@code tool_calls}, {@code
 * content_filter}; another word stays what the provider said.
 */
final class FinishReasons {
  private FinishReasons() {}

  /** Returns the normalized word for a provider's. */
  static String normal(String word) {
    return switch (word) {
      case "stop", "end_turn", "stop_sequence", "STOP", "completed" -> "stop";
      case "length",
          "max_tokens",
          "MAX_TOKENS",
          "max_output_tokens",
          "model_context_window_exceeded" ->
          "length";
      case "tool_calls", "tool_use", "function_call" -> "tool_calls";
      case "content_filter",
          "refusal",
          "SAFETY",
          "RECITATION",
          "BLOCKLIST",
          "PROHIBITED_CONTENT",
          "SPII",
          "LANGUAGE",
          "IMAGE_SAFETY" ->
          "content_filter";
      default -> word.toLowerCase(Locale.ROOT);
    };
  }

  /** Returns the word of a protocol for a normalized one. */
  static String in(AiProtocol protocol, String reason) {
    return switch (protocol.format()) {
      case OPENAI ->
          switch (reason) {
            case "stop", "length", "tool_calls", "content_filter" -> reason;
            default -> "stop";
          };
      case ANTHROPIC ->
          switch (reason) {
            case "length" -> "max_tokens";
            case "tool_calls" -> "tool_use";
            case "content_filter" -> "refusal";
            case "pause_turn" -> "pause_turn";
            default -> "end_turn";
          };
      case GEMINI ->
          switch (reason) {
            case "length" -> "MAX_TOKENS";
            case "content_filter" -> "SAFETY";
            case "stop", "tool_calls" -> "STOP";
            default -> "OTHER";
          };
    };
  }
}
