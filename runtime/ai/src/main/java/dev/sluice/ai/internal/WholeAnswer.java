package dev.sluice.ai.internal;

import dev.sluice.ai.AiProtocol;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes a collected answer as one body in a client's protocol. */
final class WholeAnswer {
  private final AnswerFacts facts;
  private final Sent sent;
  private final JsonWriter out = new JsonWriter(1024);

  private WholeAnswer(AnswerFacts facts, Sent sent) {
    this.facts = facts;
    this.sent = sent;
  }

  static byte[] write(AnswerFacts facts, Sent sent) {
    sent.id = facts.id(sent.id);
    if (sent.model.isEmpty()) {
      sent.model = facts.model();
    }
    sent.choice(0);
    var answer = new WholeAnswer(facts, sent);
    switch (facts.protocol()) {
      case OPENAI_CHAT, OPENAI_COMPLETIONS -> answer.chat();
      case OPENAI_RESPONSES ->
          ResponsesWhole.response(sent, ResponsesWhole.status(sent), true, answer.out);
      case ANTHROPIC_MESSAGES -> answer.messages();
      case GEMINI_GENERATE -> answer.gemini();
      default ->
          throw ConversationReader.unsupported(
              facts.protocol().id() + ": its answer is no text (expected: an answer in text)");
    }
    return answer.out.toByteArray();
  }

  private void chat() {
    boolean chat = facts.protocol() == AiProtocol.OPENAI_CHAT;
    out.object().field("id", sent.id);
    out.field("object", chat ? "chat.completion" : "text_completion");
    out.field("created", AnswerFacts.now()).field("model", sent.model).array("choices");
    for (Map.Entry<Integer, Sent.Choice> entry : sent.choices.entrySet()) {
      Sent.Choice choice = entry.getValue();
      out.object().field("index", entry.getKey());
      if (chat) {
        chatMessage(choice);
      } else {
        String text = Sent.joined(choice, ReplyReader.ANSWER);
        out.field("text", text == null ? "" : text);
      }
      out.nullField("logprobs");
      out.field("finish_reason", FinishReasons.in(facts.protocol(), choice.finish)).endObject();
    }
    out.endArray();
    UsageText.chat(sent.usageOrNone(), out);
    out.endObject();
  }

  private void chatMessage(Sent.Choice choice) {
    out.object("message").field("role", "assistant");
    nullable("content", Sent.joined(choice, ReplyReader.ANSWER));
    nullable("refusal", Sent.joined(choice, ReplyReader.REFUSAL));
    out.optional("reasoning_content", Sent.joined(choice, ReplyReader.REASONING));
    if (choice.blocks.stream().anyMatch(block -> block.call >= 0)) {
      out.array("tool_calls");
      for (Sent.Block block : choice.blocks) {
        if (block.call >= 0) {
          out.object().field("id", block.id).field("type", "function").object("function");
          String arguments = block.text.toString();
          out.field("name", block.name).field("arguments", arguments.isEmpty() ? "{}" : arguments);
          out.endObject().endObject();
        }
      }
      out.endArray();
    }
    out.endObject();
  }

  private void nullable(String name, @Nullable String text) {
    if (text == null) {
      out.nullField(name);
    } else {
      out.field(name, text);
    }
  }

  private void messages() {
    Sent.Choice choice = sent.choice(0);
    out.object().field("id", sent.id).field("type", "message").field("role", "assistant");
    out.field("model", sent.model).array("content");
    for (Sent.Block block : choice.blocks) {
      out.object();
      if (block.call >= 0) {
        out.field("type", "tool_use").field("id", block.id).field("name", block.name);
        out.rawField("input", Sent.arguments(block));
      } else if (block.kind.equals("redacted")) {
        out.field("type", "redacted_thinking").field("data", block.text.toString());
      } else if (block.kind.equals(ReplyReader.REASONING)) {
        out.field("type", "thinking").field("thinking", block.text.toString());
        out.field("signature", block.signature == null ? "" : block.signature);
      } else {
        out.field("type", "text").field("text", block.text.toString());
      }
      out.endObject();
    }
    out.endArray().field("stop_reason", FinishReasons.in(facts.protocol(), choice.finish));
    out.nullField("stop_sequence");
    UsageText.messages(sent.usageOrNone(), out);
    out.endObject();
  }

  private void gemini() {
    out.object().array("candidates");
    for (Map.Entry<Integer, Sent.Choice> entry : sent.choices.entrySet()) {
      out.object().object("content").array("parts");
      for (Sent.Block block : entry.getValue().blocks) {
        geminiPart(block);
      }
      out.endArray().field("role", "model").endObject();
      out.field("finishReason", FinishReasons.in(facts.protocol(), entry.getValue().finish));
      out.field("index", entry.getKey()).endObject();
    }
    out.endArray();
    UsageText.gemini(sent.usageOrNone(), out);
    out.field("modelVersion", sent.model).field("responseId", sent.id).endObject();
  }

  private void geminiPart(Sent.Block block) {
    if (block.kind.equals("redacted")) {
      return;
    }
    out.object();
    if (block.call >= 0) {
      out.object("functionCall").field("name", block.name);
      out.rawField("args", Sent.arguments(block)).endObject();
    } else {
      out.field("text", block.text.toString());
      if (block.kind.equals(ReplyReader.REASONING)) {
        out.field("thought", true);
      }
    }
    out.endObject();
  }
}
