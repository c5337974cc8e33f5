package dev.sluice.usage;

/** Translates client protocols to the operations of the GenAI conventions. */
final class Operations {
  private Operations() {}

  static String of(String protocol) {
    return switch (protocol) {
      case "openai.chat", "openai.responses", "anthropic.messages" -> "chat";
      case "openai.completions" -> "text_completion";
      case "openai.embeddings" -> "embeddings";
      case "gemini.generateContent" -> "generate_content";
      case "" -> "unknown";
      default -> protocol.substring(protocol.indexOf('.') + 1);
    };
  }
}
