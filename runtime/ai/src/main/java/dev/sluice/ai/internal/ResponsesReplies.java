package dev.sluice.ai.internal;

import dev.sluice.ai.AiError;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.Usage;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the responses of OpenAI's responses. Its streams say each text again when it is done, and
 * all of them at the end: what was changed in the deltas has to be changed there too.
 */
final class ResponsesReplies extends ReplyReader {
  /** Where a text is sent on: the item and the part that its last delta belonged to. */
  private record Spot(String itemId, long output, long content) {}

  private final Map<String, Spot> last = new HashMap<>();
  private final Map<Long, Integer> callOfOutput = new HashMap<>();
  private final Map<Integer, Spot> spotOfCall = new HashMap<>();
  private int calls;
  private long sequence;

  ResponsesReplies(JsonTape tape) {
    super(tape);
  }

  @Override
  void message(int node, boolean streamed) {
    if (!streamed) {
      if (!failed(node)) {
        whole(node, false);
      }
      return;
    }
    sequence = tape.number(node, "sequence_number", sequence);
    String type = tape.string(node, "type", "");
    switch (type) {
      case "response.created" -> start(tape.find(node, "response"), "id", "model");
      case "response.output_item.added" -> added(node);
      case "response.output_text.delta" -> delta(node, ANSWER);
      case "response.refusal.delta" -> delta(node, REFUSAL);
      case "response.reasoning_text.delta", "response.reasoning_summary_text.delta" ->
          delta(node, REASONING);
      case "response.function_call_arguments.delta", "response.custom_tool_call_input.delta" ->
          arguments(node);
      case "response.output_text.done",
          "response.refusal.done",
          "response.reasoning_text.done",
          "response.reasoning_summary_text.done",
          "response.content_part.done",
          "response.reasoning_summary_part.done",
          "response.function_call_arguments.done",
          "response.output_item.done" ->
          done(node, type);
      case "response.completed", "response.incomplete" -> whole(tape.find(node, "response"), true);
      case "response.failed" -> {
        if (!failed(tape.find(node, "response"))) {
          replies.add(new Reply.Failed(new AiError(500, "server_error", "the response failed")));
        }
      }
      case "error" -> error(node);
      default -> {
        if (type.isEmpty()) {
          failed(node);
        }
      }
    }
  }

  private void error(int node) {
    if (!failed(node)) {
      String code = tape.string(node, "code", "server_error");
      replies.add(
          new Reply.Failed(
              new AiError(Errors.status(code), code, tape.string(node, "message", code))));
    }
  }

  private void added(int node) {
    int item = tape.find(node, "item");
    if (tape.string(item, "type", "").equals("function_call")) {
      long output = tape.number(node, "output_index", 0);
      int call = calls++;
      callOfOutput.put(output, call);
      spotOfCall.put(call, new Spot(tape.string(item, "id", ""), output, 0));
      int arguments = tape.find(item, "arguments");
      boolean empty = !tape.isString(arguments) || tape.end(arguments) - tape.start(arguments) == 2;
      call(
          0,
          call,
          tape.string(item, "call_id"),
          tape.string(item, "name", ""),
          empty ? -1 : arguments,
          key(output, 0, "call"));
    }
  }

  private static String key(long output, long part, String kind) {
    return output + "/" + part + "/" + kind;
  }

  private long part(int node) {
    return tape.number(node, "content_index", tape.number(node, "summary_index", 0));
  }

  private void delta(int node, String place) {
    int text = tape.find(node, "delta");
    if (tape.isString(text)) {
      long output = tape.number(node, "output_index", 0);
      long part = part(node);
      last.put(place, new Spot(tape.string(node, "item_id", ""), output, part));
      int logprobs = tape.find(node, "logprobs");
      boolean repeats = tape.isArray(logprobs) && tape.length(logprobs) > 0;
      text(0, place, text, repeats ? logprobs : -1, key(output, part, place));
    }
  }

  private void arguments(int node) {
    long output = tape.number(node, "output_index", 0);
    Integer call = callOfOutput.get(output);
    if (call != null) {
      call(0, call, null, null, tape.find(node, "delta"), key(output, 0, "call"));
    }
  }

  private void done(int node, String type) {
    closing = true;
    long output = tape.number(node, "output_index", 0);
    long part = part(node);
    switch (type) {
      case "response.output_text.done" -> echo(tape.find(node, "text"), key(output, part, ANSWER));
      case "response.refusal.done" -> echo(tape.find(node, "refusal"), key(output, part, REFUSAL));
      case "response.reasoning_text.done", "response.reasoning_summary_text.done" ->
          echo(tape.find(node, "text"), key(output, part, REASONING));
      case "response.function_call_arguments.done" ->
          echo(tape.find(node, "arguments"), key(output, 0, "call"));
      case "response.content_part.done", "response.reasoning_summary_part.done" ->
          echoPart(tape.find(node, "part"), output, part);
      default -> echoItem(tape.find(node, "item"), output);
    }
  }

  private void echo(int text, String key) {
    if (tape.isString(text)) {
      replies.add(new Reply.Echo(text, key));
    }
  }

  private void echoPart(int node, long output, long part) {
    switch (tape.string(node, "type", "")) {
      case "output_text" -> echo(tape.find(node, "text"), key(output, part, ANSWER));
      case "refusal" -> echo(tape.find(node, "refusal"), key(output, part, REFUSAL));
      case "reasoning_text", "summary_text" ->
          echo(tape.find(node, "text"), key(output, part, REASONING));
      default -> {}
    }
  }

  private void echoItem(int item, long output) {
    echo(tape.find(item, "arguments"), key(output, 0, "call"));
    for (String list : new String[] {"content", "summary"}) {
      int parts = tape.find(item, list);
      int index = 0;
      for (int child = parts + 1;
          tape.isArray(parts) && child < tape.next(parts);
          child = tape.next(child)) {
        echoPart(child, output, index++);
      }
    }
  }

  /** Reads a whole response: an answer by itself, or what a stream repeats at its end. */
  private void whole(int response, boolean repeats) {
    start(response, "id", "model");
    int output = tape.find(response, "output");
    long index = 0;
    for (int item = output + 1;
        tape.isArray(output) && item < tape.next(output);
        item = tape.next(item)) {
      if (repeats) {
        echoItem(item, index++);
      } else {
        item(item);
      }
    }
    String status = tape.string(response, "status", "completed");
    String reason = tape.string(tape.find(response, "incomplete_details"), "reason");
    finish(0, reason(status, reason), -1);
    int found = tape.find(response, "usage");
    if (tape.isObject(found)) {
      use(usage(found), true);
    }
    replies.add(new Reply.Ended());
  }

  private String reason(String status, @Nullable String reason) {
    if (reason != null) {
      return FinishReasons.normal(reason);
    }
    if (status.equals("completed") && calls > 0) {
      return "tool_calls";
    }
    return FinishReasons.normal(status);
  }

  private Usage usage(int node) {
    return new Usage(
        tape.number(node, "input_tokens", 0),
        tape.number(tape.find(node, "input_tokens_details"), "cached_tokens", 0),
        tape.number(node, "output_tokens", 0),
        tape.number(tape.find(node, "output_tokens_details"), "reasoning_tokens", 0),
        false);
  }

  private void item(int item) {
    switch (tape.string(item, "type", "")) {
      case "function_call" -> {
        call(
            0,
            calls++,
            tape.string(item, "call_id"),
            tape.string(item, "name", ""),
            tape.find(item, "arguments"),
            "");
      }
      case "message", "reasoning" -> {
        for (String list : new String[] {"summary", "content"}) {
          int parts = tape.find(item, list);
          for (int child = parts + 1;
              tape.isArray(parts) && child < tape.next(parts);
              child = tape.next(child)) {
            wholePart(child);
          }
        }
      }
      default -> {}
    }
  }

  private void wholePart(int node) {
    String type = tape.string(node, "type", "");
    int text = tape.find(node, type.equals("refusal") ? "refusal" : "text");
    if (tape.isString(text)) {
      int logprobs = tape.find(node, "logprobs");
      boolean repeats = tape.isArray(logprobs) && tape.length(logprobs) > 0;
      String place =
          switch (type) {
            case "refusal" -> REFUSAL;
            case "reasoning_text", "summary_text" -> REASONING;
            default -> ANSWER;
          };
      text(0, place, text, repeats ? logprobs : -1, "");
    }
  }

  /** Returns the key of the text that a text is added to, for the texts that repeat it. */
  String keyOf(AiEvent event) {
    return switch (event) {
      case AiEvent.TextDelta(int choice, String place, String text) -> {
        Spot spot = last.get(place);
        yield spot == null ? "" : key(spot.output, spot.content, place);
      }
      case AiEvent.ToolCallDelta(int choice, int call, String name, String arguments) -> {
        Spot spot = spotOfCall.get(call);
        yield spot == null ? "" : key(spot.output, 0, "call");
      }
      default -> "";
    };
  }

  @Override
  void synthesize(AiEvent event, Bytes out) {
    switch (event) {
      case AiEvent.TextDelta(int choice, String place, String text) -> {
        Spot spot = last.get(place);
        if (spot != null) {
          String type =
              switch (place) {
                case REFUSAL -> "response.refusal.delta";
                case REASONING -> "response.reasoning_text.delta";
                default -> "response.output_text.delta";
              };
          frame(type, spot, text, out);
        }
      }
      case AiEvent.ToolCallDelta(int choice, int call, String name, String arguments) -> {
        Spot spot = spotOfCall.get(call);
        if (spot != null) {
          frame("response.function_call_arguments.delta", spot, arguments, out);
        }
      }
      default -> {}
    }
  }

  private void frame(String type, Spot spot, String delta, Bytes out) {
    var json = new JsonWriter(192);
    json.object().field("type", type).field("sequence_number", sequence);
    json.field("item_id", spot.itemId).field("output_index", spot.output);
    if (!type.startsWith("response.function")) {
      json.field("content_index", spot.content);
    }
    if (type.equals("response.output_text.delta")) {
      json.array("logprobs").endArray();
    }
    Sse.frame(type, json.field("delta", delta).endObject(), out);
  }
}
