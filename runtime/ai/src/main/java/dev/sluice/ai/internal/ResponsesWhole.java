package dev.sluice.ai.internal;

/** Writes the objects of OpenAI's responses. */
final class ResponsesWhole {
  private ResponsesWhole() {}

  static String status(Sent sent) {
    String finish = sent.choice(0).finish;
    return finish.equals("length") || finish.equals("content_filter") ? "incomplete" : "completed";
  }

  static String itemId(Sent sent, int output) {
    Sent.Block block = sent.choice(0).blocks.get(output);
    String prefix = block.call >= 0 ? "fc_" : block.kind.equals("reasoning") ? "rs_" : "msg_";
    return prefix + output + "_" + sent.id;
  }

  static void response(Sent sent, String status, boolean full, JsonWriter out) {
    out.object().field("id", sent.id).field("object", "response");
    out.field("created_at", AnswerFacts.now()).field("status", status);
    out.nullField("error");
    if (status.equals("incomplete")) {
      String reason =
          sent.choice(0).finish.equals("length") ? "max_output_tokens" : "content_filter";
      out.object("incomplete_details").field("reason", reason).endObject();
    } else {
      out.nullField("incomplete_details");
    }
    out.field("model", sent.model).array("output");
    if (full) {
      for (int i = 0; i < sent.choice(0).blocks.size(); i++) {
        if (!sent.choice(0).blocks.get(i).kind.equals("redacted")) {
          item(sent, i, "completed", out);
        }
      }
    }
    out.endArray().field("parallel_tool_calls", true).field("tool_choice", "auto");
    out.array("tools").endArray();
    if (full) {
      UsageText.responses(sent.usageOrNone(), out);
    } else {
      out.nullField("usage");
    }
    out.endObject();
  }

  static void item(Sent sent, int output, String status, JsonWriter out) {
    Sent.Block block = sent.choice(0).blocks.get(output);
    boolean done = status.equals("completed");
    out.object().field("id", itemId(sent, output));
    if (block.call >= 0) {
      out.field("type", "function_call").field("status", status).field("call_id", block.id);
      out.field("name", block.name).field("arguments", done ? block.text.toString() : "");
    } else if (block.kind.equals(ReplyReader.REASONING)) {
      // What other providers show of a thought is a summary, too.
      out.field("type", "reasoning");
      content("summary", block, done, out);
    } else {
      out.field("type", "message").field("status", status).field("role", "assistant");
      content("content", block, done, out);
    }
    out.endObject();
  }

  private static void content(String name, Sent.Block block, boolean done, JsonWriter out) {
    out.array(name);
    if (done) {
      part(block.kind, block.text.toString(), out);
    }
    out.endArray();
  }

  static void part(String kind, String text, JsonWriter out) {
    out.object();
    switch (kind) {
      case ReplyReader.REFUSAL -> out.field("type", "refusal").field("refusal", text);
      case ReplyReader.REASONING -> out.field("type", "summary_text").field("text", text);
      default -> {
        out.field("type", "output_text").field("text", text);
        out.array("annotations").endArray();
      }
    }
    out.endObject();
  }
}
