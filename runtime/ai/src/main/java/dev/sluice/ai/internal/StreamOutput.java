package dev.sluice.ai.internal;

import dev.sluice.ai.AiError;
import dev.sluice.ai.AiFormat;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.Usage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes a stream of another protocol. */
final class StreamOutput extends ReplyOutput {
  private final ReplyWriter writer;
  private final boolean serverSentEvents;
  private boolean usageSaid;

  StreamOutput(AnswerFacts facts) {
    writer = ReplyWriter.of(facts, out);
    serverSentEvents = facts.protocol().format() != AiFormat.GEMINI || facts.serverSentEvents();
  }

  @Override
  void write(List<Decided> decided, ReplyReader reader, @Nullable Frames frame) {
    for (Decided one : decided) {
      // The end is written when the provider's stream has ended: its usage may still come.
      if (one.reply() instanceof Reply.Ended) {
        continue;
      }
      if (one.reply() instanceof Reply.Delta delta) {
        usageSaid |= delta.event() instanceof AiEvent.UsageReport;
        if (one.replacement() != null) {
          for (AiEvent event : one.replacement()) {
            boolean same = event.getClass() == delta.event().getClass();
            writer.event(event, same ? delta.id() : null);
          }
          continue;
        }
      }
      writer.write(one.reply());
    }
  }

  @Override
  boolean keeps(AiEvent event) {
    return writer.keeps(event);
  }

  @Override
  void silent(Frames frame) {
    // A comment keeps the client's connection alive as it did the gateway's; an array has none.
    if (serverSentEvents) {
      out.put(": \n\n");
    }
  }

  @Override
  void end(Usage usage) {
    if (!usageSaid) {
      writer.event(new AiEvent.UsageReport(usage), null);
    }
    writer.finish();
  }

  @Override
  void fail(AiError error) {
    writer.fail(error);
  }
}
