package dev.sluice.standin.internal;

import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** Writes OpenAI's completions. */
final class CompletionsWriter extends AnswerWriter {
  CompletionsWriter(Ask ask, Answer answer) {
    super(ask, answer);
  }

  private ObjectNode head() {
    ObjectNode head = object().put("id", "cmpl-" + answer.id()).put("object", "text_completion");
    return head.put("created", answer.created()).put("model", answer.model());
  }

  private ObjectNode chunk(int choice, String text, boolean last) {
    ObjectNode chunk = head();
    ObjectNode only = chunk.putArray("choices").addObject().put("text", text).put("index", choice);
    only.putNull("logprobs").put("finish_reason", last ? answer.finish() : null);
    return chunk;
  }

  @Override
  void open(List<String> frames) {
    // The first word opens it.
  }

  @Override
  void piece(Answer.Piece piece, List<String> frames) {
    if (piece instanceof Answer.Word word) {
      frames.add(data(chunk(word.choice(), word.text(), false)));
    }
  }

  @Override
  void close(List<String> frames) {
    for (int choice = 0; choice < ask.choices; choice++) {
      frames.add(data(chunk(choice, "", true)));
    }
    if (ask.includeUsage && answer.usage()) {
      ObjectNode last = head();
      last.putArray("choices");
      ChatWriter.usage(answer, last);
      frames.add(data(last));
    }
    frames.add("data: [DONE]\n\n");
  }

  @Override
  ObjectNode whole() {
    ObjectNode whole = head();
    var choices = whole.putArray("choices");
    for (int choice = 0; choice < ask.choices; choice++) {
      ObjectNode one = choices.addObject().put("text", answer.text(choice)).put("index", choice);
      one.putNull("logprobs").put("finish_reason", answer.finish());
    }
    if (answer.usage()) {
      ChatWriter.usage(answer, whole);
    }
    return whole;
  }
}
