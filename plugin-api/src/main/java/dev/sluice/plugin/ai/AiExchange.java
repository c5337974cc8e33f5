package dev.sluice.plugin.ai;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Edits the LLM exchange of a stream. Loop-bound; every method does nothing after the end. */
public interface AiExchange {
  /** Returns the parsed request, or null before it was read. */
  @Nullable AiRequest request();

  /** Replaces the event of the running {@code onAiEvent} by others; an empty list holds it back. */
  void replaceEvent(List<AiEvent> events);

  /** Sends events on, after those already sent: for deltas that were held back. */
  void emit(List<AiEvent> events);

  /**
   * Answers with a refusal in the caller's protocol, streamed or not.
   *
   * @param status the HTTP status of an error answer, or 200 for a completion that refuses
   * @param code a stable word ("content_blocked")
   */
  void refuse(int status, String code, String message);

  /** Answers with a complete answer in the caller's protocol, streamed when the caller asked so. */
  void answer(List<AiEvent> events);
}
