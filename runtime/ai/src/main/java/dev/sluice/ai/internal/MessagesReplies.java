package dev.sluice.ai.internal;

import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.Usage;
import java.util.HashMap;
import java.util.Map;

/** Reads the responses of Anthropic's messages. */
final class MessagesReplies extends ReplyReader {
  private final Map<Integer, Integer> callOfBlock = new HashMap<>();
  private final Map<String, Integer> lastBlock = new HashMap<>();
  private int calls;
  private int blocks;

  MessagesReplies(JsonTape tape) {
    super(tape);
  }

  @Override
  void message(int node, boolean streamed) {
    String type = tape.string(node, "type", "");
    switch (type) {
      case "error" -> failed(node);
      case "message" -> whole(node);
      case "message_start" -> {
        int message = tape.find(node, "message");
        start(message, "id", "model");
        int found = tape.find(message, "usage");
        if (tape.isObject(found)) {
          use(usage(found), false);
        }
      }
      case "content_block_start" ->
          block((int) tape.number(node, "index", 0), tape.find(node, "content_block"), true);
      case "content_block_delta" ->
          delta((int) tape.number(node, "index", 0), tape.find(node, "delta"));
      case "content_block_stop" -> closing = true;
      case "message_delta" -> messageDelta(node);
      case "message_stop" -> replies.add(new Reply.Ended());
      default -> {
        if (type.isEmpty()) {
          failed(node);
        }
      }
    }
  }

  private void whole(int node) {
    start(node, "id", "model");
    int content = tape.find(node, "content");
    int index = 0;
    for (int child = content + 1;
        tape.isArray(content) && child < tape.next(content);
        child = tape.next(child)) {
      block(index++, child, false);
    }
    int reason = tape.find(node, "stop_reason");
    if (tape.isString(reason)) {
      finish(0, FinishReasons.normal(tape.text(reason)), reason);
    }
    int found = tape.find(node, "usage");
    if (tape.isObject(found)) {
      use(usage(found), true);
    }
    replies.add(new Reply.Ended());
  }

  private void messageDelta(int node) {
    int reason = tape.find(tape.find(node, "delta"), "stop_reason");
    if (tape.isString(reason)) {
      finish(0, FinishReasons.normal(tape.text(reason)), reason);
    }
    int found = tape.find(node, "usage");
    if (tape.isObject(found)) {
      use(usage(found), true);
    }
  }

  /** Reads a usage; what it does not say stays as an earlier one said. */
  private Usage usage(int node) {
    long read = tape.number(node, "cache_read_input_tokens", -1);
    long write = tape.number(node, "cache_creation_input_tokens", -1);
    long fresh = tape.number(node, "input_tokens", -1);
    Usage before = usage == null ? new Usage(0, 0, 0, 0, false) : usage;
    if (read < 0) {
      read = before.cachedInput();
    }
    if (write < 0) {
      write = before.cacheWrites();
    }
    if (fresh < 0) {
      fresh = before.input() - before.cachedInput() - before.cacheWrites();
    }
    long output = tape.number(node, "output_tokens", before.output());
    // Anthropic's input tokens are those that its cache had no part in.
    return new Usage(fresh + read + write, read, output, 0, false, write);
  }

  private void block(int index, int block, boolean streamed) {
    blocks = Math.max(blocks, index + 1);
    switch (tape.string(block, "type", "")) {
      case "text" -> {
        lastBlock.put(ANSWER, index);
        int text = tape.find(block, "text");
        if (tape.isString(text) && (!streamed || tape.end(text) - tape.start(text) > 2)) {
          text(0, ANSWER, text, -1, "");
        }
      }
      case "thinking" -> {
        lastBlock.put(REASONING, index);
        int text = tape.find(block, "thinking");
        if (tape.isString(text) && (!streamed || tape.end(text) - tape.start(text) > 2)) {
          text(0, REASONING, text, -1, "");
        }
        signed(block);
      }
      case "redacted_thinking" ->
          replies.add(new Reply.Signed(null, tape.string(block, "data", "")));
      case "tool_use" -> {
        int call = calls++;
        callOfBlock.put(index, call);
        int input = tape.find(block, "input");
        // In a stream the input begins as an empty object, and its text follows.
        boolean empty = tape.isObject(input) && tape.length(input) == 0;
        call(
            0,
            call,
            tape.string(block, "id"),
            tape.string(block, "name", ""),
            streamed && empty ? -1 : input,
            "");
      }
      default -> {}
    }
  }

  private void signed(int node) {
    String signature = tape.string(node, "signature");
    if (signature != null && !signature.isEmpty()) {
      replies.add(new Reply.Signed(signature, null));
    }
  }

  private void delta(int index, int delta) {
    switch (tape.string(delta, "type", "")) {
      case "text_delta" -> text(0, ANSWER, tape.find(delta, "text"), -1, "");
      case "thinking_delta" -> text(0, REASONING, tape.find(delta, "thinking"), -1, "");
      case "signature_delta" -> signed(delta);
      case "input_json_delta" -> {
        Integer call = callOfBlock.get(index);
        if (call != null) {
          call(0, call, null, null, tape.find(delta, "partial_json"), "");
        }
      }
      default -> {}
    }
  }

  @Override
  void synthesize(AiEvent event, Bytes out) {
    switch (event) {
      case AiEvent.TextDelta(int choice, String place, String text) -> {
        String kind = place.equals(REASONING) ? REASONING : ANSWER;
        Integer index = lastBlock.get(kind);
        if (index == null) {
          MessagesStream.textBlock(blocks++, text, out);
        } else {
          MessagesStream.textDelta(index, kind, text, out);
        }
      }
      case AiEvent.ToolCallDelta(int choice, int call, String name, String arguments) ->
          callOfBlock.forEach(
              (block, number) -> {
                if (number == call) {
                  MessagesStream.inputDelta(block, arguments, out);
                }
              });
      default -> {}
    }
  }
}
