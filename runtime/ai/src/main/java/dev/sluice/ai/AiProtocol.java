package dev.sluice.ai;

/** Names an operation of a wire format. */
public enum AiProtocol {
  OPENAI_CHAT("openai.chat", AiFormat.OPENAI),
  OPENAI_COMPLETIONS("openai.completions", AiFormat.OPENAI),
  OPENAI_RESPONSES("openai.responses", AiFormat.OPENAI),
  OPENAI_EMBEDDINGS("openai.embeddings", AiFormat.OPENAI),
  OPENAI_MODERATIONS("openai.moderations", AiFormat.OPENAI),
  OPENAI_MODELS("openai.models", AiFormat.OPENAI),
  ANTHROPIC_MESSAGES("anthropic.messages", AiFormat.ANTHROPIC),
  ANTHROPIC_COUNT_TOKENS("anthropic.count_tokens", AiFormat.ANTHROPIC),
  ANTHROPIC_MODELS("anthropic.models", AiFormat.ANTHROPIC),
  GEMINI_GENERATE("gemini.generateContent", AiFormat.GEMINI),
  GEMINI_COUNT_TOKENS("gemini.countTokens", AiFormat.GEMINI),
  GEMINI_MODELS("gemini.models", AiFormat.GEMINI);

  private final String id;
  private final AiFormat format;

  AiProtocol(String id, AiFormat format) {
    this.id = id;
    this.format = format;
  }

  /** Returns the name that plugins see, such as {@code openai.chat}. */
  public String id() {
    return id;
  }

  /** Returns the family that it belongs to. */
  public AiFormat format() {
    return format;
  }

  /** Returns whether a model generates text in answer to it. */
  public boolean generates() {
    return switch (this) {
      case OPENAI_CHAT, OPENAI_COMPLETIONS, OPENAI_RESPONSES, ANTHROPIC_MESSAGES, GEMINI_GENERATE ->
          true;
      default -> false;
    };
  }

  /** Returns whether it only asks which models there are, and so has no body. */
  public boolean listsModels() {
    return this == OPENAI_MODELS || this == ANTHROPIC_MODELS || this == GEMINI_MODELS;
  }
}
