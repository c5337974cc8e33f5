package dev.sluice.standin.internal;

import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes an answer in the words of one operation, whole or as the frames of a stream: {@link
 * #open}, {@link #piece} for each piece in order, {@link #close}. Belongs to its loop.
 */
abstract class AnswerWriter {
  final Ask ask;
  final Answer answer;

  AnswerWriter(Ask ask, Answer answer) {
    this.ask = ask;
    this.answer = answer;
  }

  static AnswerWriter of(Ask ask, Answer answer) {
    return switch (ask.operation) {
      case CHAT -> new ChatWriter(ask, answer);
      case COMPLETIONS -> new CompletionsWriter(ask, answer);
      case RESPONSES -> new ResponsesWriter(ask, answer);
      case INVOKE -> new InvokeWriter(ask, answer);
      case MESSAGES -> new MessagesWriter(ask, answer);
      case GENERATE -> new GeminiWriter(ask, answer);
      default -> new PlainWriter(ask, answer);
    };
  }

  abstract void open(List<String> frames);

  abstract void piece(Answer.Piece piece, List<String> frames);

  abstract void close(List<String> frames);

  /** Returns the answer to a request that asked for no stream. */
  abstract ObjectNode whole();

  /** Returns the frame that tells of an error in the middle of a stream. */
  String failure(Refusal refusal) {
    return data(refusal.json(ask.operation.format));
  }

  /** Returns a frame as it is sent. */
  byte[] bytes(String frame) {
    return frame.getBytes(StandardCharsets.UTF_8);
  }

  String contentType() {
    return "text/event-stream";
  }

  static ObjectNode object() {
    return JsonMapper.shared().createObjectNode();
  }

  static String data(JsonNode json) {
    return "data: " + json + "\n\n";
  }

  static String event(String name, JsonNode json) {
    return "event: " + name + "\ndata: " + json + "\n\n";
  }

  static JsonNode json(String text) {
    return JsonMapper.shared().readTree(text);
  }
}
