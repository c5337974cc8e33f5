package dev.sluice.ai.internal;

import dev.sluice.ai.AiError;
import dev.sluice.ai.AiProtocol;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.Usage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes a body of another protocol. */
final class WholeOutput extends ReplyOutput {
  private final AnswerFacts facts;
  private final Sent sent = new Sent();
  private @Nullable Usage counted;
  private boolean done;

  WholeOutput(AnswerFacts facts) {
    this.facts = facts;
  }

  @Override
  void write(List<Decided> decided, ReplyReader reader, @Nullable Frames frame) {
    if (reader instanceof PlainReplies) {
      counted = PlainReplies.counted(reader.tape);
    }
    for (Decided one : decided) {
      if (one.reply() instanceof Reply.Failed(AiError error)) {
        fail(error);
      } else if (one.reply() instanceof Reply.Delta delta && one.replacement() != null) {
        for (AiEvent event : one.replacement()) {
          boolean same = event.getClass() == delta.event().getClass();
          sent.add(new Reply.Delta(event, -1, -1, same ? delta.id() : null, ""));
        }
      } else {
        sent.add(one.reply());
      }
    }
  }

  @Override
  boolean keeps(AiEvent event) {
    return true;
  }

  @Override
  void silent(Frames frame) {}

  @Override
  void end(Usage usage) {
    if (done) {
      return;
    }
    done = true;
    if (counted != null) {
      out.put(count(facts.protocol(), counted.input()));
      return;
    }
    if (sent.usage == null) {
      sent.usage = usage;
    }
    out.put(WholeAnswer.write(facts, sent));
  }

  /** Returns the answer to a request for a count of tokens. */
  static byte[] count(AiProtocol protocol, long tokens) {
    String key = protocol == AiProtocol.GEMINI_COUNT_TOKENS ? "totalTokens" : "input_tokens";
    return new JsonWriter(32).object().field(key, tokens).endObject().toByteArray();
  }

  @Override
  void fail(AiError error) {
    if (!done) {
      done = true;
      out.put(Errors.body(facts.protocol(), error));
    }
  }
}
