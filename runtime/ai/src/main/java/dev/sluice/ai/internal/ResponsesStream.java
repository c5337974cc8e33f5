package dev.sluice.ai.internal;

import dev.sluice.plugin.ai.AiEvent;
import java.util.Objects;
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

  @Override
  boolean keeps(AiEvent event) {
    // All of it is said again at the end.
    return true;
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
                case ReplyReader.REASONING -> "response.reasoning_summary_text.delta";
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
          turnTo(Objects.requireNonNull(sent.choice(0).calls.get(call)));
          if (!arguments.isEmpty()) {
            String type = "response.function_call_arguments.delta";
            frame(type, inItem(type).field("delta", arguments));
          }
        }
      }
      default -> {}
    }
  }

  private JsonWriter inItem(String type) {
    return event(type)
        .field("item_id", ResponsesWhole.itemId(sent, output))
        .field("output_index", output);
  }

  private JsonWriter part(String type) {
    return inItem(type).field(type.contains("summary") ? "summary_index" : "content_index", 0);
  }

  /** Returns the name of an event about a part of the item: a thought has parts of a summary. */
  private static String partEvent(Sent.Block block, String what) {
    boolean thought = block.kind.equals(ReplyReader.REASONING);
    return "response." + (thought ? "reasoning_summary_part." : "content_part.") + what;
  }

  private void turnTo(Sent.Block block) {
    if (open == block) {
      return;
    }
    close();
    open = block;
    output = sent.choice(0).blocks.indexOf(block);
    JsonWriter begun = event("response.output_item.added").field("output_index", output);
    ResponsesWhole.item(sent, output, "in_progress", begun.key("item"));
    frame("response.output_item.added", begun);
    if (block.call < 0) {
      String added = partEvent(block, "added");
      JsonWriter json = part(added).key("part");
      ResponsesWhole.part(block.kind, "", json);
      frame(added, json);
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
            case ReplyReader.REASONING -> "response.reasoning_summary_text.done";
            default -> "response.output_text.done";
          };
      JsonWriter json = part(type);
      if (type.equals("response.output_text.done")) {
        json.array("logprobs").endArray();
      }
      frame(type, json.field(block.kind.equals(ReplyReader.REFUSAL) ? "refusal" : "text", text));
      String ended = partEvent(block, "done");
      JsonWriter done = part(ended).key("part");
      ResponsesWhole.part(block.kind, text, done);
      frame(ended, done);
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
