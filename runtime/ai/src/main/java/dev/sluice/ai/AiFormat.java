package dev.sluice.ai;

/** Names a family of wire formats, as clients and providers speak them. */
public enum AiFormat {
  OPENAI,
  ANTHROPIC,
  GEMINI
}
