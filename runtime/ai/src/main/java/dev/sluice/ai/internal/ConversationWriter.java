package dev.sluice.ai.internal;

import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiProtocol;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a {@link Conversation} in a provider's words; what those cannot say it refuses by name.
 */
abstract sealed class ConversationWriter
    permits ChatRequestWriter, MessagesRequestWriter, GeminiRequestWriter {
  final Conversation from;
  final String model;
  final JsonWriter out = new JsonWriter(4 << 10);

  ConversationWriter(Conversation from, String model) {
    this.from = from;
    this.model = model;
  }

  static byte[] write(AiProtocol target, Conversation from, String model) {
    ConversationWriter writer =
        switch (target) {
          case OPENAI_CHAT -> new ChatRequestWriter(from, model);
          case ANTHROPIC_MESSAGES -> new MessagesRequestWriter(from, model, false);
          case ANTHROPIC_COUNT_TOKENS -> new MessagesRequestWriter(from, model, true);
          case GEMINI_GENERATE -> new GeminiRequestWriter(from, model, false);
          case GEMINI_COUNT_TOKENS -> new GeminiRequestWriter(from, model, true);
          default ->
              throw ConversationReader.unsupported(
                  target.id() + ": no translation leads to it (expected: a conversation)");
        };
    writer.write();
    return writer.out.toByteArray();
  }

  abstract void write();

  final AiFormatException cannot(String what) {
    return ConversationReader.unsupported(what + " cannot be said to " + provider());
  }

  abstract String provider();

  /** Returns the name of the tool of each call, by the call's id and in order. */
  final Map<String, String> toolNames() {
    var names = new LinkedHashMap<String, String>();
    for (Conversation.Message message : from.messages) {
      for (Part part : message.parts()) {
        if (part instanceof Part.ToolCall(String id, String name, String arguments)) {
          names.put(id, name);
        }
      }
    }
    return names;
  }

  /** Returns the texts of parts joined; fails when one is no text. */
  final String joined(List<Part> parts, String where) {
    var text = new StringBuilder();
    for (Part part : parts) {
      if (!(part instanceof Part.Text(String piece))) {
        throw cannot(where + ": content that is not text");
      }
      text.append(piece);
    }
    return text.toString();
  }
}
