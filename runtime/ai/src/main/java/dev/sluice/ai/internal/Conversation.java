package dev.sluice.ai.internal;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Is a request for text in no provider's words: what can be translated. Built by one thread. */
final class Conversation {
  final List<String> system = new ArrayList<>();
  final List<Message> messages = new ArrayList<>();
  final List<Tool> tools = new ArrayList<>();

  /** Is {@code auto}, {@code none}, {@code required}, or {@code named}; null when not said. */
  @Nullable String toolChoice;

  @Nullable String toolName;
  @Nullable Boolean parallelTools;
  boolean stream;

  /** Whether a stream of OpenAI's is asked for its usage. */
  boolean askUsage = true;

  long maxTokens = -1;
  @Nullable String temperature;
  @Nullable String topP;
  @Nullable String topK;
  @Nullable String seed;
  @Nullable String presencePenalty;
  @Nullable String frequencyPenalty;
  final List<String> stop = new ArrayList<>();
  long choices = 1;

  /** Is {@code json}, or {@code schema}; null for text. */
  @Nullable String responseFormat;

  @Nullable String schemaName;
  @Nullable String schema;

  /**
   * Is {@code low}, {@code medium}, {@code high} or another of OpenAI's words; null when unsaid.
   */
  @Nullable String effort;

  /** Is how many tokens the model may think for, 0 for none, -1 when not said. */
  long thinkingBudget = -1;

  boolean includeThoughts;
  @Nullable String user;

  /** Hints that no translation carries. */
  final Set<String> leftOut = new LinkedHashSet<>();

  /**
   * Is one message.
   *
   * @param assistant whether the model said it; else the user, or tools
   */
  record Message(boolean assistant, List<Part> parts) {}

  /**
   * Is a tool that the model may call.
   *
   * @param schema the JSON Schema of its arguments, or null when it takes none
   */
  record Tool(String name, @Nullable String description, @Nullable String schema, boolean strict) {}
}
