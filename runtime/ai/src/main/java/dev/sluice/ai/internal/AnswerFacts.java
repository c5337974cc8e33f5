package dev.sluice.ai.internal;

import dev.sluice.ai.AiProtocol;
import java.util.UUID;

/**
 * Says what an answer needs to know of the request.
 *
 * @param protocol the client's protocol
 * @param model the model to name when the provider names none
 * @param usageWanted whether the client asked for the usage in an OpenAI stream
 * @param serverSentEvents whether a Gemini stream is server-sent events, else a JSON array
 * @param promptTokens the estimated tokens of the prompt, for those who say them first
 */
record AnswerFacts(
    AiProtocol protocol,
    String model,
    boolean usageWanted,
    boolean serverSentEvents,
    long promptTokens) {

  /** Returns an id in the protocol's manner, made of a provider's or of chance. */
  String id(String provider) {
    String core = provider.isEmpty() ? UUID.randomUUID().toString().replace("-", "") : provider;
    String prefix =
        switch (protocol) {
          case OPENAI_CHAT -> "chatcmpl-";
          case OPENAI_COMPLETIONS -> "cmpl-";
          case OPENAI_RESPONSES -> "resp_";
          case ANTHROPIC_MESSAGES -> "msg_";
          default -> "";
        };
    return core.startsWith(prefix) ? core : prefix + core;
  }

  /**
   * Returns an id for a tool call of a provider that gives none: another one in each response, so
   * that the turns of a conversation do not share it.
   */
  static String callId(String response, int choice, int call) {
    return "call_%08x_%d_%d".formatted(response.hashCode(), choice, call);
  }

  static long now() {
    return System.currentTimeMillis() / 1000;
  }
}
