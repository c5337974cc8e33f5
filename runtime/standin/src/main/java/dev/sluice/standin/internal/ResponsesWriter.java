package dev.sluice.standin.internal;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** Writes OpenAI's responses. */
final class ResponsesWriter extends AnswerWriter {
  private final List<ObjectNode> output = new ArrayList<>();
  private int sequence;

  /** The open item: {@code reasoning}, {@code message}, {@code function_call}, or nothing. */
  private String item = "";

  private final StringBuilder text = new StringBuilder();
  private String call = "";
  private String name = "";

  ResponsesWriter(Ask ask, Answer answer) {
    super(ask, answer);
  }

  private ObjectNode response(String status, boolean complete) {
    ObjectNode response = object().put("id", "resp_" + answer.id()).put("object", "response");
    response.put("created_at", answer.created()).put("status", status).putNull("error");
    if (status.equals("incomplete")) {
      String reason = answer.finish().equals("length") ? "max_output_tokens" : answer.finish();
      response.putObject("incomplete_details").put("reason", reason);
    } else {
      response.putNull("incomplete_details");
    }
    response.put("instructions", ask.system.isEmpty() ? null : ask.system);
    response.put("model", answer.model());
    var items = response.putArray("output");
    output.forEach(items::add);
    response.put("parallel_tool_calls", ask.parallel).put("temperature", 1.0).put("top_p", 1.0);
    response.put("tool_choice", "auto").putArray("tools");
    response.putObject("metadata");
    if (complete && answer.usage()) {
      ObjectNode usage = response.putObject("usage").put("input_tokens", answer.input());
      usage.putObject("input_tokens_details").put("cached_tokens", answer.cached());
      usage.put("output_tokens", answer.output());
      usage.putObject("output_tokens_details").put("reasoning_tokens", answer.reasoning());
      usage.put("total_tokens", answer.input() + answer.output());
    } else {
      response.putNull("usage");
    }
    return response;
  }

  private String status() {
    return switch (answer.finish()) {
      case "length", "content_filter" -> "incomplete";
      default -> "completed";
    };
  }

  private ObjectNode event(String type) {
    return object().put("type", type).put("sequence_number", sequence++);
  }

  private void add(ObjectNode event, List<String> frames) {
    frames.add(event(event.path("type").asString(), event));
  }

  @Override
  void open(List<String> frames) {
    for (String type : new String[] {"response.created", "response.in_progress"}) {
      ObjectNode event = event(type);
      event.set("response", response("in_progress", false));
      add(event, frames);
    }
  }

  @Override
  void piece(Answer.Piece piece, List<String> frames) {
    switch (piece) {
      case Answer.Thought thought -> {
        begin("reasoning", frames);
        text.append(thought.text());
        add(at("response.reasoning_summary_text.delta").put("delta", thought.text()), frames);
      }
      case Answer.Word word -> {
        begin("message", frames);
        text.append(word.text());
        ObjectNode delta = at("response.output_text.delta").put("delta", word.text());
        delta.putArray("logprobs");
        add(delta, frames);
      }
      case Answer.CallPart part -> {
        if (part.name() != null) {
          end(frames);
          call = part.id();
          name = part.name();
          begin("function_call", frames);
        }
        text.append(part.arguments());
        add(at("response.function_call_arguments.delta").put("delta", part.arguments()), frames);
      }
    }
  }

  private String id() {
    return switch (item) {
      case "reasoning" -> "rs_" + answer.id();
      case "message" -> "msg_" + answer.id();
      default -> "fc_" + call;
    };
  }

  /** Begins an event about the open item. */
  private ObjectNode at(String type) {
    ObjectNode event = event(type).put("item_id", id()).put("output_index", output.size());
    switch (item) {
      case "reasoning" -> event.put("summary_index", 0);
      case "message" -> event.put("content_index", 0);
      default -> {
        // Arguments have no parts.
      }
    }
    return event;
  }

  private ObjectNode item(String status, boolean whole) {
    ObjectNode node = object().put("id", id()).put("type", item);
    switch (item) {
      case "reasoning" -> {
        var summary = node.putArray("summary");
        if (whole) {
          summary.addObject().put("type", "summary_text").put("text", text.toString());
        }
      }
      case "message" -> {
        node.put("status", status).put("role", "assistant");
        var content = node.putArray("content");
        if (whole) {
          content.add(part());
        }
      }
      default -> {
        node.put("status", status).put("call_id", "call_" + call).put("name", name);
        node.put("arguments", text.toString());
      }
    }
    return node;
  }

  private ObjectNode part() {
    ObjectNode part = object();
    if (item.equals("reasoning")) {
      return part.put("type", "summary_text").put("text", text.toString());
    }
    part.put("type", "output_text").put("text", text.toString()).putArray("annotations");
    part.putArray("logprobs");
    return part;
  }

  private void begin(String kind, List<String> frames) {
    if (item.equals(kind)) {
      return;
    }
    end(frames);
    item = kind;
    text.setLength(0);
    ObjectNode added = event("response.output_item.added").put("output_index", output.size());
    added.set("item", item("in_progress", false));
    add(added, frames);
    parts("added", frames);
  }

  private void parts(String what, List<String> frames) {
    if (item.equals("function_call")) {
      return;
    }
    String type = item.equals("reasoning") ? "reasoning_summary_part" : "content_part";
    ObjectNode event = at("response." + type + "." + what);
    event.set("part", part());
    add(event, frames);
  }

  private void end(List<String> frames) {
    if (item.isEmpty()) {
      return;
    }
    switch (item) {
      case "reasoning" ->
          add(at("response.reasoning_summary_text.done").put("text", text.toString()), frames);
      case "message" -> {
        ObjectNode done = at("response.output_text.done").put("text", text.toString());
        done.putArray("logprobs");
        add(done, frames);
      }
      default -> {
        ObjectNode done = at("response.function_call_arguments.done").put("name", name);
        add(done.put("arguments", text.toString()), frames);
      }
    }
    parts("done", frames);
    ObjectNode done = event("response.output_item.done").put("output_index", output.size());
    ObjectNode whole = item("completed", true);
    done.set("item", whole);
    add(done, frames);
    output.add(whole);
    item = "";
  }

  @Override
  void close(List<String> frames) {
    end(frames);
    ObjectNode event = event("response." + status());
    event.set("response", response(status(), true));
    add(event, frames);
  }

  @Override
  ObjectNode whole() {
    var unsent = new ArrayList<String>();
    answer.pieces().forEach(piece -> piece(piece, unsent));
    end(unsent);
    return response(status(), true);
  }

  @Override
  String failure(Refusal refusal) {
    ObjectNode event =
        event("error").put("code", refusal.code.isEmpty() ? "server_error" : refusal.code);
    return event("error", event.put("message", refusal.text()).putNull("param"));
  }
}
