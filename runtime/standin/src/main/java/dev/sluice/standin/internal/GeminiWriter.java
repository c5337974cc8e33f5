package dev.sluice.standin.internal;

import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes Gemini's generateContent; a stream as events, or as the elements of an array. */
final class GeminiWriter extends AnswerWriter {
  private static final String SIGNATURE = "c3RhbmRpbi10aG91Z2h0";

  private String call = "";
  private boolean first = true;
  private boolean signed;
  private long output;
  private long thoughts;

  GeminiWriter(Ask ask, Answer answer) {
    super(ask, answer);
  }

  private String frame(JsonNode json) {
    if (ask.events) {
      return "data: " + json + "\r\n\r\n";
    }
    String frame = (first ? "[" : ",\r\n") + json;
    first = false;
    return frame;
  }

  private ObjectNode head(ObjectNode owner) {
    if (answer.usage()) {
      ObjectNode usage = owner.putObject("usageMetadata").put("promptTokenCount", answer.input());
      if (output > 0) {
        usage.put("candidatesTokenCount", output);
      }
      if (thoughts > 0) {
        usage.put("thoughtsTokenCount", thoughts);
      }
      if (answer.cached() > 0) {
        usage.put("cachedContentTokenCount", answer.cached());
      }
      usage.put("totalTokenCount", answer.input() + output + thoughts);
    }
    return owner.put("modelVersion", answer.model()).put("responseId", answer.id());
  }

  private ObjectNode candidate(int index, ObjectNode owner) {
    return owner.putArray("candidates").addObject().put("index", index);
  }

  @Override
  void open(List<String> frames) {
    // The first piece opens it.
  }

  @Override
  void piece(Answer.Piece piece, List<String> frames) {
    ObjectNode part = object();
    int choice = 0;
    switch (piece) {
      case Answer.Thought thought -> {
        thoughts++;
        part.put("text", thought.text()).put("thought", true);
      }
      case Answer.Word word -> {
        output++;
        choice = word.choice();
        part.put("text", word.text());
      }
      case Answer.CallPart called -> {
        output++;
        call = called.name() == null ? call : called.name();
        if (called.whole() == null) {
          return;
        }
        part = call(call, called.whole());
      }
    }
    ObjectNode chunk = object();
    ObjectNode content = candidate(choice, chunk).putObject("content");
    content.putArray("parts").add(part);
    content.put("role", "model");
    frames.add(frame(head(chunk)));
  }

  private ObjectNode call(String name, String arguments) {
    ObjectNode part = object();
    part.putObject("functionCall").put("name", name).set("args", json(arguments));
    if (ask.thinking && !signed) {
      part.put("thoughtSignature", SIGNATURE);
      signed = true;
    }
    return part;
  }

  private String reason() {
    return switch (answer.finish()) {
      case "stop", "tool_calls" -> "STOP";
      case "length" -> "MAX_TOKENS";
      case "content_filter" -> "SAFETY";
      default -> answer.finish();
    };
  }

  @Override
  void close(List<String> frames) {
    for (int choice = 0; choice < ask.choices; choice++) {
      ObjectNode chunk = object();
      ObjectNode last = candidate(choice, chunk);
      ObjectNode content = last.putObject("content");
      content.putArray("parts").addObject().put("text", "");
      content.put("role", "model");
      last.put("finishReason", reason());
      frames.add(frame(head(chunk)));
    }
    if (!ask.events) {
      frames.add("]");
    }
  }

  @Override
  ObjectNode whole() {
    thoughts = answer.reasoning();
    output = answer.output() - thoughts;
    ObjectNode whole = object();
    var candidates = whole.putArray("candidates");
    for (int choice = 0; choice < ask.choices; choice++) {
      ObjectNode one = candidates.addObject();
      ObjectNode content = one.putObject("content");
      var parts = content.putArray("parts");
      if (!answer.thoughts().isEmpty()) {
        parts.addObject().put("text", answer.thoughts()).put("thought", true);
      }
      if (!answer.text(choice).isEmpty()) {
        parts.addObject().put("text", answer.text(choice));
      }
      for (Answer.Call called : answer.calls()) {
        parts.add(call(called.name(), called.arguments()));
      }
      content.put("role", "model");
      one.put("finishReason", reason()).put("index", choice);
    }
    return head(whole);
  }

  @Override
  String failure(Refusal refusal) {
    String frame = frame(refusal.json(ask.operation.format));
    return ask.events ? frame : frame + "]";
  }

  @Override
  String contentType() {
    return ask.events ? "text/event-stream" : "application/json; charset=UTF-8";
  }
}
