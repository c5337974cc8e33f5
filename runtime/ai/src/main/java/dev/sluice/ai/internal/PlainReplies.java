package dev.sluice.ai.internal;

import dev.sluice.ai.AiProtocol;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.Usage;

/** Reads the responses that are no generated text: embeddings, moderations, counts, models. */
final class PlainReplies extends ReplyReader {
  private final AiProtocol protocol;

  PlainReplies(AiProtocol protocol, JsonTape tape) {
    super(tape);
    this.protocol = protocol;
  }

  @Override
  void message(int node, boolean streamed) {
    if (failed(node)) {
      return;
    }
    if (!protocol.listsModels()) {
      start(node, "id", "model");
    }
    int found = tape.find(node, "usage");
    if (tape.isObject(found)) {
      use(ChatReplies.usage(tape, found), true);
    }
    replies.add(new Reply.Ended());
  }

  /** Returns the tokens that a count says, whichever provider counted. */
  static Usage counted(JsonTape tape) {
    return new Usage(
        tape.number(0, "input_tokens", tape.number(0, "totalTokens", 0)), 0, 0, 0, false);
  }

  @Override
  void synthesize(AiEvent event, Bytes out) {}
}
