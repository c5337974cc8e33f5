package dev.sluice.standin.internal;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Writes Anthropic's messages. */
class MessagesWriter extends AnswerWriter {
  private static final String SIGNATURE = "c3RhbmRpbi1zaWduYXR1cmU=";

  /** The open block: what it is, and its number. */
  private String block = "";

  private int index = -1;

  MessagesWriter(Ask ask, Answer answer) {
    super(ask, answer);
  }

  private ObjectNode head() {
    ObjectNode head = object().put("id", "msg_" + answer.id()).put("type", "message");
    return head.put("role", "assistant").put("model", answer.model());
  }

  private void usage(ObjectNode owner, long output) {
    if (answer.usage()) {
      ObjectNode usage = owner.putObject("usage");
      usage.put("input_tokens", answer.input() - answer.cached());
      usage.put("cache_creation_input_tokens", 0);
      usage.put("cache_read_input_tokens", answer.cached());
      usage.put("output_tokens", output).put("service_tier", "standard");
    }
  }

  @Override
  void open(List<String> frames) {
    ObjectNode start = object().put("type", "message_start");
    ObjectNode message = head();
    message.putArray("content");
    message.putNull("stop_reason").putNull("stop_sequence");
    usage(message, 1);
    start.set("message", message);
    frames.add(event("message_start", start));
    frames.add(event("ping", object().put("type", "ping")));
  }

  @Override
  void piece(Answer.Piece piece, List<String> frames) {
    switch (piece) {
      case Answer.Thought thought -> {
        begin("thinking", "thinking", frames);
        delta("thinking_delta", "thinking", thought.text(), frames);
      }
      case Answer.Word word -> {
        begin("text", "text", frames);
        delta("text_delta", "text", word.text(), frames);
      }
      case Answer.CallPart part -> {
        if (part.name() != null) {
          end(frames);
          ObjectNode started = object().put("type", "tool_use");
          started.put("id", "toolu_" + part.id()).put("name", part.name()).putObject("input");
          start("tool_use", started, frames);
          delta("input_json_delta", "partial_json", "", frames);
        }
        delta("input_json_delta", "partial_json", part.arguments(), frames);
      }
    }
  }

  private void begin(String kind, String field, List<String> frames) {
    if (!block.equals(kind)) {
      end(frames);
      ObjectNode started = object().put("type", kind).put(field, "");
      if (kind.equals("thinking")) {
        started.put("signature", "");
      }
      start(kind, started, frames);
    }
  }

  private void start(String kind, ObjectNode started, List<String> frames) {
    block = kind;
    index++;
    ObjectNode event = object().put("type", "content_block_start").put("index", index);
    event.set("content_block", started);
    frames.add(event("content_block_start", event));
  }

  private void delta(String type, String field, String text, List<String> frames) {
    ObjectNode event = object().put("type", "content_block_delta").put("index", index);
    event.putObject("delta").put("type", type).put(field, text);
    frames.add(event("content_block_delta", event));
  }

  private void end(List<String> frames) {
    if (block.isEmpty()) {
      return;
    }
    if (block.equals("thinking")) {
      delta("signature_delta", "signature", SIGNATURE, frames);
    }
    block = "";
    ObjectNode event = object().put("type", "content_block_stop").put("index", index);
    frames.add(event("content_block_stop", event));
  }

  private @Nullable String reason() {
    return switch (answer.finish()) {
      case "stop" -> "end_turn";
      case "length" -> "max_tokens";
      case "tool_calls" -> "tool_use";
      case "content_filter" -> "refusal";
      default -> answer.finish();
    };
  }

  @Override
  void close(List<String> frames) {
    end(frames);
    ObjectNode delta = object().put("type", "message_delta");
    delta.putObject("delta").put("stop_reason", reason()).putNull("stop_sequence");
    usage(delta, answer.output());
    frames.add(event("message_delta", delta));
    frames.add(event("message_stop", object().put("type", "message_stop")));
  }

  @Override
  ObjectNode whole() {
    ObjectNode whole = head();
    var content = whole.putArray("content");
    if (!answer.thoughts().isEmpty()) {
      ObjectNode thinking = content.addObject().put("type", "thinking");
      thinking.put("thinking", answer.thoughts()).put("signature", SIGNATURE);
    }
    String text = answer.text(0);
    if (!text.isEmpty()) {
      content.addObject().put("type", "text").put("text", text);
    }
    for (Answer.Call call : answer.calls()) {
      ObjectNode use = content.addObject().put("type", "tool_use").put("id", "toolu_" + call.id());
      use.put("name", call.name()).set("input", json(call.arguments()));
    }
    whole.put("stop_reason", reason()).putNull("stop_sequence");
    usage(whole, answer.output());
    return whole;
  }

  @Override
  String failure(Refusal refusal) {
    return event("error", refusal.json(ask.operation.format));
  }
}
