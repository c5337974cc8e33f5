package dev.sluice.standin.internal;

import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** Writes OpenAI's chat completions. */
final class ChatWriter extends AnswerWriter {
  ChatWriter(Ask ask, Answer answer) {
    super(ask, answer);
  }

  private ObjectNode head(String object) {
    ObjectNode head = object().put("id", "chatcmpl-" + answer.id()).put("object", object);
    return head.put("created", answer.created()).put("model", answer.model());
  }

  private ObjectNode chunk(int choice, ObjectNode delta, boolean last) {
    ObjectNode chunk = head("chat.completion.chunk").put("system_fingerprint", "fp_standin");
    ObjectNode only = chunk.putArray("choices").addObject().put("index", choice);
    only.set("delta", delta);
    only.putNull("logprobs").put("finish_reason", last ? answer.finish() : null);
    if (ask.includeUsage && answer.usage()) {
      chunk.putNull("usage");
    }
    return chunk;
  }

  @Override
  void open(List<String> frames) {
    for (int choice = 0; choice < ask.choices; choice++) {
      ObjectNode delta = object().put("role", "assistant").put("content", "").putNull("refusal");
      frames.add(data(chunk(choice, delta, false)));
    }
  }

  @Override
  void piece(Answer.Piece piece, List<String> frames) {
    ObjectNode delta = object();
    int choice = 0;
    switch (piece) {
      case Answer.Thought thought -> delta.put("reasoning_content", thought.text());
      case Answer.Word word -> {
        delta.put("content", word.text());
        choice = word.choice();
      }
      case Answer.CallPart part -> {
        ObjectNode call = delta.putArray("tool_calls").addObject().put("index", part.index());
        ObjectNode function;
        if (part.name() != null) {
          call.put("id", "call_" + part.id()).put("type", "function");
          function = call.putObject("function").put("name", part.name());
        } else {
          function = call.putObject("function");
        }
        function.put("arguments", part.arguments());
      }
    }
    frames.add(data(chunk(choice, delta, false)));
  }

  @Override
  void close(List<String> frames) {
    for (int choice = 0; choice < ask.choices; choice++) {
      frames.add(data(chunk(choice, object(), true)));
    }
    if (ask.includeUsage && answer.usage()) {
      ObjectNode last = head("chat.completion.chunk").put("system_fingerprint", "fp_standin");
      last.putArray("choices");
      usage(answer, last);
      frames.add(data(last));
    }
    frames.add("data: [DONE]\n\n");
  }

  @Override
  ObjectNode whole() {
    ObjectNode whole = head("chat.completion");
    var choices = whole.putArray("choices");
    for (int choice = 0; choice < ask.choices; choice++) {
      ObjectNode one = choices.addObject().put("index", choice);
      ObjectNode message = one.putObject("message").put("role", "assistant");
      String text = answer.text(choice);
      message.put("content", text.isEmpty() ? null : text).putNull("refusal");
      String thoughts = answer.thoughts();
      if (!thoughts.isEmpty()) {
        message.put("reasoning_content", thoughts);
      }
      List<Answer.Call> calls = answer.calls();
      if (!calls.isEmpty()) {
        var array = message.putArray("tool_calls");
        for (Answer.Call call : calls) {
          ObjectNode made =
              array.addObject().put("id", "call_" + call.id()).put("type", "function");
          made.putObject("function").put("name", call.name()).put("arguments", call.arguments());
        }
      }
      one.putNull("logprobs").put("finish_reason", answer.finish());
    }
    if (answer.usage()) {
      usage(answer, whole);
    }
    return whole.put("system_fingerprint", "fp_standin");
  }

  static void usage(Answer answer, ObjectNode owner) {
    ObjectNode usage = owner.putObject("usage").put("prompt_tokens", answer.input());
    usage.put("completion_tokens", answer.output());
    usage.put("total_tokens", answer.input() + answer.output());
    usage.putObject("prompt_tokens_details").put("cached_tokens", answer.cached());
    usage.putObject("completion_tokens_details").put("reasoning_tokens", answer.reasoning());
  }
}
