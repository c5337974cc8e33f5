package dev.sluice.ai.internal;

import dev.sluice.ai.AiError;
import dev.sluice.plugin.ai.AiEvent;
import org.jspecify.annotations.Nullable;

/** Is one thing that a piece of a response says, in no provider's words. */
sealed interface Reply {
  /** The answer has begun. */
  record Started(String id, String model) implements Reply {}

  /**
   * Is what plugins see.
   *
   * @param node the value that holds its text, or -1 when none does
   * @param shadow a value that repeats the text in another form (log probabilities), or -1
   * @param id the id of the tool call that it begins, or null
   * @param key names the text that it is part of, for {@link Echo}
   */
  record Delta(AiEvent event, int node, int shadow, @Nullable String id, String key)
      implements Reply {}

  /** Repeats the whole text of earlier deltas. */
  record Echo(int node, String key) implements Reply {}

  /** Proves or hides a thought: one of both is there. */
  record Signed(@Nullable String signature, @Nullable String redacted) implements Reply {}

  /** The provider says that the answer is complete. */
  record Ended() implements Reply {}

  /** The provider failed. */
  record Failed(AiError error) implements Reply {}
}
