package dev.sluice.ai.internal;

import dev.sluice.ai.AiProtocol;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.Usage;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes the streams of OpenAI's chat completions and completions. */
final class ChatStream extends ReplyWriter {
  private final boolean chat;
  private final Set<Integer> roles = new HashSet<>();
  private final Set<Long> calls = new HashSet<>();
  private String id = "";
  private String model = "";
  private long created;
  private @Nullable Usage usage;

  ChatStream(AnswerFacts facts, Bytes out) {
    super(facts, out);
    chat = facts.protocol() == AiProtocol.OPENAI_CHAT;
  }

  @Override
  void begun(String newId, String newModel) {
    id = newId;
    model = newModel;
    created = AnswerFacts.now();
    if (chat) {
      role(0);
    }
  }

  private void role(int choice) {
    if (roles.add(choice)) {
      JsonWriter json = chunk(choice).object("delta").field("role", "assistant");
      close(json.field("content", "").endObject(), null);
    }
  }

  private JsonWriter chunk(int choice) {
    var json = new JsonWriter(256);
    json.object().field("id", id);
    json.field("object", chat ? "chat.completion.chunk" : "text_completion");
    json.field("created", created).field("model", model);
    return json.array("choices").object().field("index", choice);
  }

  private void close(JsonWriter json, @Nullable String finish) {
    if (finish == null) {
      json.nullField("finish_reason");
    } else {
      json.field("finish_reason", finish);
    }
    json.endObject().endArray();
    if (facts.usageWanted()) {
      json.nullField("usage");
    }
    Sse.frame(null, json.endObject(), out);
  }

  @Override
  void said(AiEvent event, @Nullable String callId) {
    switch (event) {
      case AiEvent.TextDelta(int choice, String place, String text) -> text(choice, place, text);
      case AiEvent.ToolCallDelta(int choice, int call, String name, String arguments) -> {
        if (chat) {
          call(choice, call, callId, name, arguments);
        }
      }
      case AiEvent.Finish(int choice, String reason) -> {
        JsonWriter json = chunk(choice);
        if (chat) {
          json.object("delta").endObject();
        } else {
          json.field("text", "");
        }
        close(json, FinishReasons.in(protocol(), reason));
      }
      case AiEvent.UsageReport(Usage report) -> usage = report;
    }
  }

  private void text(int choice, String place, String text) {
    if (!chat) {
      close(chunk(choice).field("text", text), null);
      return;
    }
    role(choice);
    String key =
        switch (place) {
          case ReplyReader.REFUSAL -> "refusal";
          case ReplyReader.REASONING -> "reasoning_content";
          default -> "content";
        };
    close(chunk(choice).object("delta").field(key, text).endObject(), null);
  }

  private void call(
      int choice, int call, @Nullable String callId, @Nullable String name, String arguments) {
    role(choice);
    JsonWriter json = chunk(choice).object("delta").array("tool_calls").object();
    json.field("index", call);
    if (calls.add((long) choice << 32 | call)) {
      json.field("id", callId == null ? AnswerFacts.callId(id, choice, call) : callId);
      json.field("type", "function");
    }
    json.object("function").optional("name", name).field("arguments", arguments).endObject();
    close(json.endObject().endArray().endObject(), null);
  }

  @Override
  void end() {
    if (facts.usageWanted() && usage != null) {
      var json = new JsonWriter(256);
      json.object().field("id", id);
      json.field("object", chat ? "chat.completion.chunk" : "text_completion");
      json.field("created", created).field("model", model);
      json.array("choices").endArray();
      UsageText.chat(usage, json);
      Sse.frame(null, json.endObject(), out);
    }
    out.put(Sse.DONE);
  }
}
