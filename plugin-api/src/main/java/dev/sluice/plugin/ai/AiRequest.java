package dev.sluice.plugin.ai;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Is a parsed LLM request; edits are written back in the caller's own format. Loop-bound. */
public interface AiRequest {
  /** Returns the client's protocol: {@code openai.chat}, {@code anthropic.messages}, … */
  String protocol();

  /** Returns the model that the caller asked for, or the one set since. */
  String model();

  /** Returns whether the caller asked for a stream. */
  boolean stream();

  /** Returns every text of the request, whatever its role and place. */
  List<TextSegment> segments();

  /** Returns the names of the tools offered to the model. */
  List<String> tools();

  /** Returns scalar parameters such as {@code temperature}, as they stood in the request. */
  Map<String, String> parameters();

  /** Returns the estimated number of prompt tokens. */
  long estimatedPromptTokens();

  /** Returns the limit of output tokens that the caller set. */
  OptionalLong maxOutputTokens();

  /** Returns the name of the identified consumer, or null. */
  @Nullable String consumer();

  /** Replaces the text of a segment. */
  void replace(TextSegment segment, String text);

  /** Appends a message at the end of the conversation. */
  void appendMessage(Role role, String text);

  /** Changes the model; routing uses the new one. */
  void setModel(String model);
}
