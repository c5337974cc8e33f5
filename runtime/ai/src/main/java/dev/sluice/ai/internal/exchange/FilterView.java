package dev.sluice.ai.internal.exchange;

import dev.sluice.ai.AiAnswer;
import dev.sluice.ai.AiError;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.LocalResponse;
import dev.sluice.plugin.ai.AiEnd;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.AiExchange;
import dev.sluice.plugin.ai.AiRequest;
import dev.sluice.proxy.Participant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Is the exchange as one filter sees and changes it. Belongs to the loop. */
final class FilterView implements AiExchange {
  private final AiDialogue dialogue;
  private final Participant filter;
  private final List<AiEvent> emitted = new ArrayList<>(2);
  private @Nullable AiEvent event;
  private @Nullable List<AiEvent> replacement;

  FilterView(AiDialogue dialogue, Participant filter) {
    this.dialogue = dialogue;
    this.filter = filter;
  }

  /** The filter is to be shown an event. */
  void show(AiEvent shown) {
    event = shown;
    replacement = null;
  }

  /** Adds what becomes of the event; returns whether that is another than the event alone. */
  boolean decide(List<AiEvent> to) {
    var shown = event;
    event = null;
    var others = replacement;
    replacement = null;
    boolean changed = !emitted.isEmpty() || others != null;
    to.addAll(emitted);
    emitted.clear();
    if (others != null) {
      to.addAll(others);
    } else if (shown != null) {
      to.add(shown);
    }
    return changed;
  }

  @Override
  public @Nullable AiRequest request() {
    return dialogue.call();
  }

  @Override
  public void replaceEvent(List<AiEvent> events) {
    if (dialogue.isOver()) {
      return;
    }
    if (event == null) {
      throw new IllegalStateException(
          "no event is being looked at (expected: a call in onAiEvent, or while it is paused)");
    }
    replacement = List.copyOf(events);
  }

  @Override
  public void emit(List<AiEvent> events) {
    if (!dialogue.isOver()) {
      emitted.addAll(events);
    }
  }

  @Override
  public void refuse(int status, String code, String message) {
    if (dialogue.isOver()) {
      return;
    }
    var call = dialogue.call();
    int errorStatus = status >= 400 ? status : 403;
    var error = new AiError(errorStatus, code, message);
    if (dialogue.refusedBy(error) && call != null) {
      answer(AiAnswer.refusal(call, status, code, message), code);
    } else {
      answer(AiAnswer.error(dialogue.protocol(), error), code);
    }
  }

  @Override
  public void answer(List<AiEvent> events) {
    var call = dialogue.call();
    if (dialogue.isOver()) {
      return;
    }
    if (call == null || dialogue.context().responseBegun()) {
      throw new IllegalStateException(
          "a whole answer is possible from onAiRequest on, before the response begins");
    }
    var answer = AiAnswer.of(call, List.copyOf(events));
    dialogue.callFacts().end(AiEnd.Outcome.CACHED);
    answer(answer, "answered_by_plugin");
  }

  private void answer(AiAnswer answer, String code) {
    var headers = Headers.of("content-type", answer.contentType());
    filter.answer(new LocalResponse(answer.status(), code, headers, answer.body(), -1));
  }
}
