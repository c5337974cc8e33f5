package dev.sluice.ai.internal;

import dev.sluice.ai.AiError;
import dev.sluice.ai.AiProtocol;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.Usage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the responses of one operation of a provider: the frames of a stream one by one, or a whole
 * body. One instance per response, one thread.
 */
abstract class ReplyReader {
  static final String ANSWER = "answer";
  static final String REFUSAL = "refusal";
  static final String REASONING = "reasoning";

  final List<Reply> replies = new ArrayList<>();
  JsonTape tape;

  /** Whether the frame only closes what is open, so that it may wait for text that was held. */
  boolean closing;

  /** Whether frames are elements of an array, not server-sent events. */
  boolean array;

  @Nullable Usage usage;
  private boolean started;

  ReplyReader(JsonTape tape) {
    this.tape = tape;
  }

  static ReplyReader of(AiProtocol protocol, JsonTape tape) {
    return switch (protocol) {
      case OPENAI_CHAT, OPENAI_COMPLETIONS -> new ChatReplies(protocol, tape);
      case OPENAI_RESPONSES -> new ResponsesReplies(tape);
      case ANTHROPIC_MESSAGES -> new MessagesReplies(tape);
      case GEMINI_GENERATE -> new GeminiReplies(tape);
      default -> new PlainReplies(protocol, tape);
    };
  }

  /** Reads what the tape holds now into {@link #replies}. */
  final void read(JsonTape json, boolean streamed) {
    tape = json;
    closing = false;
    replies.clear();
    if (!streamed && tape.isArray(0)) {
      for (int child = 1; child < tape.next(0); child = tape.next(child)) {
        message(child, true);
      }
    } else {
      message(0, streamed);
    }
  }

  /** Reads a message: a frame's data when streamed, else a whole answer. */
  abstract void message(int node, boolean streamed);

  /** Writes an event as a frame of the provider's format; nothing for what cannot be added. */
  abstract void synthesize(AiEvent event, Bytes out);

  /** Reads an error object; returns false when there is none. */
  final boolean failed(int node) {
    int error = tape.find(node, "error");
    if (tape.isNull(error) || (!tape.isObject(error) && !tape.isString(error))) {
      return false;
    }
    replies.add(new Reply.Failed(error(error)));
    return true;
  }

  private AiError error(int error) {
    if (tape.isString(error)) {
      return new AiError(500, "server_error", tape.text(error));
    }
    String code = tape.string(error, "code");
    if (code == null) {
      code = tape.string(error, "type", tape.string(error, "status", "server_error"));
    }
    long number = tape.number(error, "code", 0);
    if (number >= 400 && number <= 599) {
      code = tape.string(error, "status", code);
    }
    int status = number >= 400 && number <= 599 ? (int) number : Errors.status(code);
    return new AiError(
        status, code, tape.string(error, "message", code), tape.string(error, "param"));
  }

  final void start(int object, String idKey, String modelKey) {
    if (!started) {
      started = true;
      replies.add(
          new Reply.Started(tape.string(object, idKey, ""), tape.string(object, modelKey, "")));
    }
  }

  /** Adds a text; what is none is no text of the answer. */
  final void text(int choice, String place, int node, int shadow, String key) {
    if (!tape.isString(node)) {
      return;
    }
    replies.add(
        new Reply.Delta(
            new AiEvent.TextDelta(choice, place, tape.text(node)), node, shadow, null, key));
  }

  final void call(
      int choice, int call, @Nullable String id, @Nullable String name, int arguments, String key) {
    String text =
        arguments < 0 ? "" : tape.isString(arguments) ? tape.text(arguments) : tape.raw(arguments);
    replies.add(
        new Reply.Delta(
            new AiEvent.ToolCallDelta(choice, call, name, text), arguments, -1, id, key));
  }

  final void finish(int choice, String reason, int node) {
    replies.add(new Reply.Delta(new AiEvent.Finish(choice, reason), node, -1, null, ""));
  }

  final void use(Usage found, boolean report) {
    usage = found;
    if (report) {
      replies.add(new Reply.Delta(new AiEvent.UsageReport(found), -1, -1, null, ""));
    }
  }
}
