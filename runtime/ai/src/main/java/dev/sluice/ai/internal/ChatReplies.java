package dev.sluice.ai.internal;

import dev.sluice.ai.AiProtocol;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.Usage;
import org.jspecify.annotations.Nullable;

/** Reads the responses of OpenAI's chat completions and completions. */
final class ChatReplies extends ReplyReader {
  /** Where a thought stands: with DeepSeek and its kin, and with OpenRouter and vLLM. */
  private static final String[] REASONS = {"reasoning_content", "reasoning"};

  private final boolean chat;
  private String id = "";
  private String model = "";
  private long created;

  ChatReplies(AiProtocol protocol, JsonTape tape) {
    super(tape);
    this.chat = protocol == AiProtocol.OPENAI_CHAT;
  }

  @Override
  void message(int node, boolean streamed) {
    if (failed(node) || !tape.isObject(node)) {
      return;
    }
    if (id.isEmpty()) {
      id = tape.string(node, "id", "");
      model = tape.string(node, "model", "");
      created = tape.number(node, "created", 0);
    }
    start(node, "id", "model");
    int choices = tape.find(node, "choices");
    if (tape.isArray(choices)) {
      int position = 0;
      for (int child = choices + 1; child < tape.next(choices); child = tape.next(child)) {
        choice(child, position++, streamed);
      }
    }
    int found = tape.find(node, "usage");
    if (tape.isObject(found)) {
      use(usage(tape, found), true);
    }
    if (!streamed) {
      replies.add(new Reply.Ended());
    }
  }

  static Usage usage(JsonTape tape, int usage) {
    int prompt = tape.find(usage, "prompt_tokens_details");
    int completion = tape.find(usage, "completion_tokens_details");
    return new Usage(
        tape.number(usage, "prompt_tokens", 0),
        tape.number(prompt, "cached_tokens", tape.number(usage, "prompt_cache_hit_tokens", 0)),
        tape.number(usage, "completion_tokens", 0),
        tape.number(completion, "reasoning_tokens", 0),
        false);
  }

  private void choice(int node, int position, boolean streamed) {
    int choice = (int) tape.number(node, "index", position);
    int logprobs = tape.find(node, "logprobs");
    int shadow = tape.isNull(logprobs) ? -1 : logprobs;
    if (!chat) {
      int text = tape.find(node, "text");
      if (tape.isString(text)) {
        text(choice, ANSWER, text, shadow, "");
      }
    } else {
      int body = tape.find(node, streamed ? "delta" : "message");
      if (tape.isObject(body)) {
        body(choice, body, shadow);
      }
    }
    int reason = tape.find(node, "finish_reason");
    if (tape.isString(reason)) {
      finish(choice, FinishReasons.normal(tape.text(reason)), reason);
    }
  }

  private void body(int choice, int body, int shadow) {
    // The thought came before the answer, wherever it stands.
    for (String name : REASONS) {
      int value = tape.find(body, name);
      if (tape.isString(value)) {
        text(choice, REASONING, value, shadow, "");
      }
    }
    for (int key = body + 1, end = tape.next(body); key < end; key = tape.next(key + 1)) {
      int value = key + 1;
      switch (tape.key(key)) {
        case "content" -> {
          if (tape.isString(value)) {
            text(choice, ANSWER, value, shadow, "");
          }
        }
        case "refusal" -> {
          if (tape.isString(value)) {
            text(choice, REFUSAL, value, shadow, "");
          }
        }
        case "tool_calls" -> {
          int position = 0;
          for (int child = value + 1;
              tape.isArray(value) && child < tape.next(value);
              child = tape.next(child)) {
            toolCall(choice, child, position++);
          }
        }
        case "function_call" -> {
          if (tape.isObject(value)) {
            call(choice, 0, null, name(value), tape.find(value, "arguments"), "");
          }
        }
        default -> {}
      }
    }
  }

  private void toolCall(int choice, int node, int position) {
    int function = tape.find(node, "function");
    if (function < 0) {
      function = tape.find(node, "custom");
    }
    int arguments = tape.find(function, "arguments");
    if (arguments < 0) {
      arguments = tape.find(function, "input");
    }
    call(
        choice,
        (int) tape.number(node, "index", position),
        tape.string(node, "id"),
        name(function),
        tape.isString(arguments) ? arguments : -1,
        "");
  }

  /** Returns a name, which some providers repeat empty in every delta, or null. */
  private @Nullable String name(int function) {
    String name = tape.string(function, "name");
    return name == null || name.isEmpty() ? null : name;
  }

  @Override
  void synthesize(AiEvent event, Bytes out) {
    var json = new JsonWriter(256);
    json.object().field("id", id);
    json.field("object", chat ? "chat.completion.chunk" : "text_completion");
    json.field("created", created).field("model", model);
    json.array("choices").object();
    switch (event) {
      case AiEvent.TextDelta(int choice, String place, String text) -> {
        json.field("index", choice);
        if (chat) {
          String key =
              switch (place) {
                case REFUSAL -> "refusal";
                case REASONING -> "reasoning_content";
                default -> "content";
              };
          json.object("delta").field(key, text).endObject();
        } else {
          json.field("text", text);
        }
      }
      case AiEvent.ToolCallDelta(int choice, int call, String name, String arguments) -> {
        json.field("index", choice).object("delta").array("tool_calls").object();
        json.field("index", call).object("function").optional("name", name);
        json.field("arguments", arguments).endObject().endObject().endArray().endObject();
      }
      default -> {
        return;
      }
    }
    json.nullField("finish_reason").endObject().endArray().endObject();
    Sse.frame(null, json, out);
  }
}
