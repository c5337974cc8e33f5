package dev.sluice.ai.internal;

import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.Usage;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes the streams of Anthropic's messages. */
final class MessagesStream extends ReplyWriter {
  private int index = -1;

  /** Is the kind of the open block: {@code text}, {@code thinking}, {@code call}, or empty. */
  private String open = "";

  /** Is the number of the block of each call. */
  private final Map<Integer, Integer> calls = new HashMap<>();

  private String id = "";
  private String finish = "end_turn";
  private @Nullable Usage usage;

  MessagesStream(AnswerFacts facts, Bytes out) {
    super(facts, out);
  }

  @Override
  void begun(String newId, String model) {
    id = newId;
    var json = new JsonWriter(256);
    json.object().field("type", "message_start").object("message").field("id", id);
    json.field("type", "message").field("role", "assistant").field("model", model);
    json.array("content").endArray().nullField("stop_reason").nullField("stop_sequence");
    // Others say their usage at the end; clients of Anthropic's count on it here.
    UsageText.messages(new Usage(facts.promptTokens(), 0, 1, 0, true), json);
    Sse.frame("message_start", json.endObject().endObject(), out);
  }

  @Override
  void said(AiEvent event, @Nullable String callId) {
    switch (event) {
      case AiEvent.TextDelta(int choice, String place, String text) -> {
        if (choice == 0) {
          boolean thought = place.equals(ReplyReader.REASONING);
          if (!open.equals(thought ? "thinking" : "text")) {
            open(thought ? "thinking" : "text");
          }
          textDelta(index, place, text, out);
        }
      }
      case AiEvent.ToolCallDelta(int choice, int call, String name, String arguments) -> {
        if (choice == 0) {
          call(call, callId, name, arguments);
        }
      }
      case AiEvent.Finish(int choice, String reason) -> {
        if (choice == 0) {
          finish = FinishReasons.in(protocol(), reason);
        }
      }
      case AiEvent.UsageReport(Usage report) -> usage = report;
    }
  }

  private void open(String kind) {
    close();
    index++;
    open = kind;
    var json = new JsonWriter(128);
    json.object().field("type", "content_block_start").field("index", index);
    json.object("content_block").field("type", kind).field(kind, "");
    if (kind.equals("thinking")) {
      json.field("signature", "");
    }
    Sse.frame("content_block_start", json.endObject().endObject(), out);
  }

  private void call(int call, @Nullable String callId, @Nullable String name, String arguments) {
    Integer block = calls.get(call);
    if (block == null) {
      close();
      block = ++index;
      calls.put(call, block);
      open = "call";
      var json = new JsonWriter(128);
      json.object().field("type", "content_block_start").field("index", index);
      json.object("content_block").field("type", "tool_use");
      json.field("id", callId == null ? AnswerFacts.callId(id, 0, call) : callId);
      json.field("name", name == null ? "" : name).object("input").endObject();
      Sse.frame("content_block_start", json.endObject().endObject(), out);
    }
    if (!arguments.isEmpty()) {
      // A provider that speaks of its calls in turns comes back to one that was left.
      inputDelta(block, arguments, out);
    }
  }

  private void close() {
    if (!open.isEmpty()) {
      open = "";
      stop(index, out);
    }
  }

  private static void stop(int block, Bytes out) {
    var json = new JsonWriter(64);
    json.object().field("type", "content_block_stop").field("index", block);
    Sse.frame("content_block_stop", json.endObject(), out);
  }

  static void textDelta(int block, String place, String text, Bytes out) {
    boolean thought = place.equals(ReplyReader.REASONING);
    delta(
        block, thought ? "thinking_delta" : "text_delta", thought ? "thinking" : "text", text, out);
  }

  static void inputDelta(int block, String arguments, Bytes out) {
    delta(block, "input_json_delta", "partial_json", arguments, out);
  }

  private static void delta(int block, String type, String key, String text, Bytes out) {
    var json = new JsonWriter(128);
    json.object().field("type", "content_block_delta").field("index", block);
    json.object("delta").field("type", type).field(key, text).endObject();
    Sse.frame("content_block_delta", json.endObject(), out);
  }

  /** Writes a block of text by itself. */
  static void textBlock(int block, String text, Bytes out) {
    var json = new JsonWriter(128);
    json.object().field("type", "content_block_start").field("index", block);
    json.object("content_block").field("type", "text").field("text", "").endObject();
    Sse.frame("content_block_start", json.endObject(), out);
    textDelta(block, ReplyReader.ANSWER, text, out);
    stop(block, out);
  }

  @Override
  void signed(@Nullable String signature, @Nullable String redacted) {
    if (signature != null && open.equals("thinking")) {
      delta(index, "signature_delta", "signature", signature, out);
    }
  }

  @Override
  void end() {
    close();
    var json = new JsonWriter(192);
    json.object().field("type", "message_delta").object("delta").field("stop_reason", finish);
    json.nullField("stop_sequence").endObject();
    UsageText.messages(
        usage == null ? new Usage(facts.promptTokens(), 0, 0, 0, true) : usage, json);
    Sse.frame("message_delta", json.endObject(), out);
    Sse.frame(
        "message_stop", new JsonWriter(32).object().field("type", "message_stop").endObject(), out);
  }
}
