package dev.sluice.ai.internal;

import dev.sluice.plugin.ai.Usage;

/** Writes usages in the words and meanings of each format. */
final class UsageText {
  private UsageText() {}

  static void chat(Usage usage, JsonWriter out) {
    out.object("usage").field("prompt_tokens", usage.input());
    out.field("completion_tokens", usage.output());
    out.field("total_tokens", usage.input() + usage.output());
    out.object("prompt_tokens_details").field("cached_tokens", usage.cachedInput()).endObject();
    out.object("completion_tokens_details").field("reasoning_tokens", usage.reasoning());
    out.endObject().endObject();
  }

  static void responses(Usage usage, JsonWriter out) {
    out.object("usage").field("input_tokens", usage.input());
    out.object("input_tokens_details").field("cached_tokens", usage.cachedInput()).endObject();
    out.field("output_tokens", usage.output());
    out.object("output_tokens_details").field("reasoning_tokens", usage.reasoning()).endObject();
    out.field("total_tokens", usage.input() + usage.output()).endObject();
  }

  /** Writes Anthropic's, whose input tokens leave out what its cache had a part in. */
  static void messages(Usage usage, JsonWriter out) {
    long fresh = Math.max(0, usage.input() - usage.cachedInput() - usage.cacheWrites());
    out.object("usage").field("input_tokens", fresh);
    out.field("cache_creation_input_tokens", usage.cacheWrites());
    out.field("cache_read_input_tokens", usage.cachedInput());
    out.field("output_tokens", usage.output()).endObject();
  }

  /** Writes Gemini's, which counts thoughts beside the answer. */
  static void gemini(Usage usage, JsonWriter out) {
    out.object("usageMetadata").field("promptTokenCount", usage.input());
    out.field("candidatesTokenCount", Math.max(0, usage.output() - usage.reasoning()));
    if (usage.reasoning() > 0) {
      out.field("thoughtsTokenCount", usage.reasoning());
    }
    if (usage.cachedInput() > 0) {
      out.field("cachedContentTokenCount", usage.cachedInput());
    }
    out.field("totalTokenCount", usage.input() + usage.output()).endObject();
  }
}
