package dev.sluice.ai.internal.exchange;

import dev.sluice.ai.AiAnswer;
import dev.sluice.ai.AiCall;
import dev.sluice.ai.AiError;
import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiRequestReader;
import dev.sluice.plugin.Headers;
import org.jspecify.annotations.Nullable;

/** Is the end of the chain: holds the headers until the call is whole, then has it made. */
final class RequestEnd extends RequestStage {
  private final CallAttempts attempts;
  private @Nullable Headers held;

  RequestEnd(AiDialogue dialogue, CallAttempts attempts) {
    super(dialogue);
    this.attempts = attempts;
  }

  @Override
  void passHeaders(Headers passing, boolean end) {
    held = passing;
    if (!end) {
      return;
    }
    var endpoint = dialogue.endpoint(passing);
    if (endpoint == null) {
      return;
    }
    if (!endpoint.protocol().listsModels()) {
      dialogue.refuse(
          new AiError(400, "bad_request", "the request has no body (expected: a JSON object)"));
      return;
    }
    var router = dialogue.settings().router();
    if (router != null) {
      dialogue.context().answer(AiErrors.answer(models(endpoint.model(), router.models(dialogue))));
      return;
    }
    try {
      var call = new AiRequestReader(endpoint, passing, dialogue.settings().limits()).finish();
      if (dialogue.read(call)) {
        attempts.begin(call, passing);
      }
    } catch (AiFormatException e) {
      dialogue.malformed(e);
    }
  }

  private AiAnswer models(String wanted, java.util.List<String> known) {
    if (wanted.isEmpty()) {
      return AiAnswer.models(dialogue.protocol(), known);
    }
    return known.contains(wanted)
        ? AiAnswer.model(dialogue.protocol(), wanted)
        : AiAnswer.error(
            dialogue.protocol(),
            new AiError(
                404, "model_not_found", "model: " + wanted + " (expected: one of the list)"));
  }

  @Override
  void ready(AiCall call) {
    var headers = held;
    if (headers != null && !dialogue.isCut()) {
      attempts.begin(call, headers);
    }
  }
}
