package dev.sluice.ai.internal;

import dev.sluice.plugin.ai.AiEvent;
import org.jspecify.annotations.Nullable;

/** Writes the streams of OpenAI's responses. */
final class ResponsesStream extends ReplyWriter {
  private final Sent sent = new Sent();
  private long sequence;

  /** Is the item that is open now, or null; one item is one block. */
  private Sent.@Nullable Block open;

  private int output = -1;

  ResponsesStream(AnswerFacts facts, Bytes out) {
    super(facts, out);
  }

  @Override
  void begun(String id, String model) {
    sent.add(new Reply.Started(id, model));
    for (String type : new String[] {"response.created", "response.in_progress"}) {
      JsonWriter json = event(type);
      ResponsesWhole.response(sent, "in_progress", false, json.key("response"));
      frame(type, json);
    }
  }

  private JsonWriter event(String type) {
    return new JsonWriter(256).object().field("type", type).field("sequence_number", sequence++);
  }

  private void frame(String type, JsonWriter json) {
    Sse.frame(type, json.endObject(), out);
  }

  @Override
  void said(AiEvent event, @Nullable String callId) {
    sent.add(new Reply.Delta(event, -1, -1, callId, ""));
    switch (event) {
      case AiEvent.TextDelta(int choice, String place, String text) -> {
        if (choice == 0) {
          turnTo(sent.choice(0).blocks.getLast());
          String type =
              switch (place) {
                case ReplyReader.REFUSAL -> "response.refusal.delta";
                case ReplyReader.REASONING -> "response.reasoning_text.delta";
                default -> "response.output_text.delta";
              };
          JsonWriter json = part(type);
          if (type.equals("response.output_text.delta")) {
            json.array("logprobs").endArray();
          }
          frame(type, json.field("delta", text));
        }
      }
      case AiEvent.ToolCallDelta(int choice, int call, String name, String arguments) -> {
        if (choice == 0) {
          turnTo(call(call));
          if (!arguments.isEmpty()) {
            String type = "response.function_call_arguments.delta";
            frame(type, inItem(type).field("delta", arguments));
          }
        }
      }
      default -> {}
    }
  }

  private Sent.Block call(int call) {
    for (Sent.Block block : sent.choice(0).blocks) {
      if (block.call == call) {
        return block;
      }
    }
    throw new IllegalStateException("call " + call);
  }

  private JsonWriter inItem(String type) {
    return event(type)
        .field("item_id", ResponsesWhole.itemId(sent, output))
        .field("output_index", output);
  }

  private JsonWriter part(String type) {
    return inItem(type).field("content_index", 0);
  }

  private void turnTo(Sent.Block block) {
    if (open == block) {
      return;
    }
    close();
    open = block;
    output = sent.choice(0).blocks.indexOf(block);
    JsonWriter added = event("response.output_item.added").field("output_index", output);
    ResponsesWhole.item(sent, output, "in_progress", added.key("item"));
    frame("response.output_item.added", added);
    if (block.call < 0) {
      JsonWriter json = part("response.content_part.added").key("part");
      ResponsesWhole.part(block.kind, "", json);
      frame("response.content_part.added", json);
    }
  }

  private void close() {
    if (open == null) {
      return;
    }
    Sent.Block block = open;
    open = null;
    String text = block.text.toString();
    if (block.call >= 0) {
      String type = "response.function_call_arguments.done";
      frame(type, inItem(type).field("name", block.name).field("arguments", text));
    } else {
      String type =
          switch (block.kind) {
            case ReplyReader.REFUSAL -> "response.refusal.done";
            case ReplyReader.REASONING -> "response.reasoning_text.done";
            default -> "response.output_text.done";
          };
      JsonWriter json = part(type);
      if (type.equals("response.output_text.done")) {
        json.array("logprobs").endArray();
      }
      frame(type, json.field(block.kind.equals(ReplyReader.REFUSAL) ? "refusal" : "text", text));
      JsonWriter done = part("response.content_part.done").key("part");
      ResponsesWhole.part(block.kind, text, done);
      frame("response.content_part.done", done);
    }
    JsonWriter item = event("response.output_item.done").field("output_index", output);
    ResponsesWhole.item(sent, output, "completed", item.key("item"));
    frame("response.output_item.done", item);
  }

  @Override
  void end() {
    close();
    String status = ResponsesWhole.status(sent);
    String type = "response." + status;
    JsonWriter json = event(type);
    ResponsesWhole.response(sent, status, true, json.key("response"));
    frame(type, json);
  }
}
