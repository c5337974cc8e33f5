package dev.sluice.plugin.ai;

import org.jspecify.annotations.Nullable;

/**
 * Is one event of an LLM response, streamed or not. A filter may change or hold back the deltas
 * through {@link AiExchange}.
 */
public sealed interface AiEvent {
  /** Text of one choice; {@code place} distinguishes answer, refusal and reasoning. */
  record TextDelta(int choice, String place, String text) implements AiEvent {}

  /** Part of a tool call of one choice; {@code name} only in its first event. */
  record ToolCallDelta(int choice, int call, @Nullable String name, String arguments)
      implements AiEvent {}

  /** A choice has ended, for the provider's reason in normalized form ({@code stop}, …). */
  record Finish(int choice, String reason) implements AiEvent {}

  /** The usage became known. */
  record UsageReport(Usage usage) implements AiEvent {}
}
