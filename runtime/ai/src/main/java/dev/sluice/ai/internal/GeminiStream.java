package dev.sluice.ai.internal;

import dev.sluice.ai.AiError;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.Usage;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Writes the streams of Gemini's streamGenerateContent. Its tool calls come whole, so theirs are
 * collected; its last chunk holds the finish reason and the usage.
 */
final class GeminiStream extends ReplyWriter {
  private final Sent calls = new Sent();
  private final Map<Integer, String> finishes = new TreeMap<>();
  private String id = "";
  private String model = "";
  private @Nullable Usage usage;
  private boolean first = true;

  GeminiStream(AnswerFacts facts, Bytes out) {
    super(facts, out);
  }

  @Override
  void begun(String newId, String newModel) {
    id = newId;
    model = newModel;
  }

  @Override
  void said(AiEvent event, @Nullable String callId) {
    switch (event) {
      case AiEvent.TextDelta(int choice, String place, String text) -> {
        JsonWriter json = candidate().object().field("text", text);
        if (place.equals(ReplyReader.REASONING)) {
          json.field("thought", true);
        }
        close(json.endObject(), choice, null);
      }
      case AiEvent.ToolCallDelta call -> calls.add(new Reply.Delta(call, -1, -1, callId, ""));
      case AiEvent.Finish(int choice, String reason) -> finishes.put(choice, reason);
      case AiEvent.UsageReport(Usage report) -> usage = report;
    }
  }

  @Override
  boolean keeps(AiEvent event) {
    return event instanceof AiEvent.ToolCallDelta;
  }

  private static JsonWriter candidate() {
    return new JsonWriter(256)
        .object()
        .array("candidates")
        .object()
        .object("content")
        .array("parts");
  }

  private void close(JsonWriter json, int choice, @Nullable String finish) {
    json.endArray().field("role", "model").endObject();
    if (finish != null) {
      json.field("finishReason", FinishReasons.in(protocol(), finish));
    }
    json.field("index", choice).endObject().endArray();
    if (finish != null && usage != null) {
      UsageText.gemini(usage, json);
    }
    json.field("modelVersion", model).field("responseId", id);
    chunk(json.endObject().toByteArray());
  }

  private void chunk(byte[] json) {
    if (facts.serverSentEvents()) {
      Sse.frame(null, json, out);
      return;
    }
    out.put(first ? '[' : ',');
    out.put('\n');
    out.put(json);
    first = false;
  }

  @Override
  void end() {
    if (finishes.isEmpty()) {
      finishes.put(0, "stop");
    }
    finishes.forEach(
        (choice, reason) -> {
          JsonWriter json = candidate();
          for (Sent.Block call : calls.choice(choice).blocks) {
            json.object().object("functionCall").field("name", call.name);
            json.rawField("args", Sent.arguments(call)).endObject().endObject();
          }
          close(json, choice, reason);
        });
    closeArray();
  }

  @Override
  void failed(AiError error) {
    if (facts.serverSentEvents()) {
      super.failed(error);
    } else {
      chunk(Errors.body(protocol(), error));
      closeArray();
    }
  }

  private void closeArray() {
    if (!facts.serverSentEvents()) {
      out.put('\n');
      out.put(']');
    }
  }
}
