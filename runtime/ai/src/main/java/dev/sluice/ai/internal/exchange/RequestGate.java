package dev.sluice.ai.internal.exchange;

import dev.sluice.ai.AiCall;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.Participant;
import dev.sluice.proxy.Stage;

/**
 * Stands before a filter and shows it the request when it is whole. Headers pass at once; the body
 * follows, with the filter's changes, when the filter is done. Belongs to the loop.
 */
final class RequestGate extends RequestStage {
  private final Participant filter;
  private final Stage next;

  RequestGate(AiDialogue dialogue, Participant filter, Stage next) {
    super(dialogue);
    this.filter = filter;
    this.next = next;
  }

  @Override
  void passHeaders(Headers passing, boolean end) {
    next.headers(passing, end);
  }

  @Override
  void ready(AiCall call) {
    if (dialogue.isCut()) {
      return;
    }
    if (!filter.wants(dev.sluice.plugin.Callback.AI_REQUEST)) {
      pass(call);
    } else if (!filter.isReady(Direction.REQUEST)) {
      filter.whenResumed(Direction.REQUEST, () -> ready(call));
    } else {
      var status = filter.onAiRequest(call);
      if (status == FilterStatus.CONTINUE || status == FilterStatus.CONTINUE_AND_END_STREAM) {
        pass(call);
      } else if (status != null) {
        filter.whenResumed(Direction.REQUEST, () -> pass(call));
      }
    }
  }

  private void pass(AiCall call) {
    if (!dialogue.isCut()) {
      filter.release(Direction.REQUEST);
      next.data(dialogue.produce(call), true);
    }
  }
}
