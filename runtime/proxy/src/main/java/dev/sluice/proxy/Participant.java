package dev.sluice.proxy;

import dev.sluice.plugin.Callback;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.LocalResponse;
import dev.sluice.plugin.ai.AiEnd;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.AiRequest;
import org.jspecify.annotations.Nullable;

/** Is a filter of the chain as a {@link Dialogue} sees it. Belongs to the loop. */
public interface Participant {
  /** Returns the plugin's name. */
  String plugin();

  /** Returns whether it has a callback; none once it was skipped. */
  boolean wants(Callback callback);

  /** Shows it the request. Null means that the exchange goes another way now. */
  @Nullable FilterStatus onAiRequest(AiRequest request);

  /** Shows it an event. Null means that the exchange goes another way now. */
  @Nullable FilterStatus onAiEvent(AiEvent event);

  /** Tells it how the dialogue ended. */
  void onAiEnd(AiEnd end);

  /**
   * Returns whether its callbacks of a direction may run: it has seen the headers and does not hold
   * all of the message back.
   */
  boolean isReady(Direction direction);

  /** Runs a task once: when the filter resumes in a direction or may have become ready there. */
  void whenResumed(Direction direction, Runnable task);

  /** Lets headers go that it holds back, when none of its further callbacks could do it. */
  void release(Direction direction);

  /** Answers in its name, as {@code StreamContext.sendLocalResponse} does. */
  void answer(LocalResponse response);
}
