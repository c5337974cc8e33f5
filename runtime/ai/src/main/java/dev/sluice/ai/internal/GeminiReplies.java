package dev.sluice.ai.internal;

import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.Usage;
import java.util.HashMap;
import java.util.Map;

/** Reads the responses of Gemini's generateContent and streamGenerateContent. */
final class GeminiReplies extends ReplyReader {
  private final Map<Integer, Integer> calls = new HashMap<>();
  private String model = "";

  GeminiReplies(JsonTape tape) {
    super(tape);
  }

  @Override
  void message(int node, boolean streamed) {
    if (failed(node) || !tape.isObject(node)) {
      return;
    }
    model = tape.string(node, "modelVersion", model);
    start(node, "responseId", "modelVersion");
    int candidates = tape.find(node, "candidates");
    boolean ends = false;
    int position = 0;
    for (int child = candidates + 1;
        tape.isArray(candidates) && child < tape.next(candidates);
        child = tape.next(child)) {
      ends |= candidate(child, position++);
    }
    String blocked = tape.string(tape.find(node, "promptFeedback"), "blockReason");
    if (blocked != null) {
      finish(0, "content_filter", -1);
      ends = true;
    }
    int found = tape.find(node, "usageMetadata");
    if (tape.isObject(found)) {
      use(usage(found), ends || !streamed);
    }
    if (ends || !streamed) {
      replies.add(new Reply.Ended());
    }
  }

  private Usage usage(int node) {
    long thoughts = tape.number(node, "thoughtsTokenCount", 0);
    return new Usage(
        tape.number(node, "promptTokenCount", 0) + tape.number(node, "toolUsePromptTokenCount", 0),
        tape.number(node, "cachedContentTokenCount", 0),
        // Gemini counts its thoughts beside its answer.
        tape.number(node, "candidatesTokenCount", 0) + thoughts,
        thoughts,
        false);
  }

  private boolean candidate(int node, int position) {
    int choice = (int) tape.number(node, "index", position);
    int parts = tape.find(tape.find(node, "content"), "parts");
    for (int child = parts + 1;
        tape.isArray(parts) && child < tape.next(parts);
        child = tape.next(child)) {
      part(choice, child);
    }
    int reason = tape.find(node, "finishReason");
    if (!tape.isString(reason) || tape.text(reason).equals("FINISH_REASON_UNSPECIFIED")) {
      return false;
    }
    String normal = FinishReasons.normal(tape.text(reason));
    if (normal.equals("stop") && calls.getOrDefault(choice, 0) > 0) {
      // Gemini has no word of its own for an answer that calls tools.
      normal = "tool_calls";
    }
    finish(choice, normal, reason);
    return true;
  }

  private void part(int choice, int node) {
    int text = tape.find(node, "text");
    if (tape.isString(text)) {
      text(choice, tape.isTrue(tape.find(node, "thought")) ? REASONING : ANSWER, text, -1, "");
    }
    int call = tape.find(node, "functionCall");
    if (tape.isObject(call)) {
      int number = calls.merge(choice, 1, Integer::sum) - 1;
      call(
          choice,
          number,
          tape.string(call, "id"),
          tape.string(call, "name", ""),
          tape.find(call, "args"),
          "");
    }
    String signature = tape.string(node, "thoughtSignature");
    if (signature != null && tape.isTrue(tape.find(node, "thought"))) {
      replies.add(new Reply.Signed(signature, null));
    }
  }

  @Override
  void synthesize(AiEvent event, Bytes out) {
    if (event instanceof AiEvent.TextDelta(int choice, String place, String text)) {
      var json = new JsonWriter(128);
      json.object().array("candidates").object().object("content").array("parts").object();
      json.field("text", text);
      if (place.equals(REASONING)) {
        json.field("thought", true);
      }
      json.endObject().endArray().field("role", "model").endObject().field("index", choice);
      json.endObject().endArray();
      if (!model.isEmpty()) {
        json.field("modelVersion", model);
      }
      json.endObject();
      if (array) {
        out.put(',');
        out.put('\n');
        out.put(json.toByteArray());
      } else {
        Sse.frame(null, json, out);
      }
    }
  }
}
