package dev.sluice.ai.internal;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Is one part of a message, in no provider's words. */
sealed interface Part {
  record Text(String text) implements Part {}

  /**
   * Is an image, a recording or a document.
   *
   * @param kind {@code image}, {@code audio} or {@code document}
   * @param mediaType its media type; empty when a URL does not say
   * @param data its bytes in base64, or null when there is a URL
   * @param url where it is, or null
   * @param name its file name, or null
   */
  record Media(
      String kind,
      String mediaType,
      @Nullable String data,
      @Nullable String url,
      @Nullable String name)
      implements Part {}

  /**
   * Is a call of a tool.
   *
   * @param arguments a JSON object
   */
  record ToolCall(String id, String name, String arguments) implements Part {}

  /**
   * Is what a tool answered.
   *
   * @param name the tool's name where the format says it, else empty
   */
  record ToolResult(String id, String name, List<Part> content, boolean error) implements Part {}

  /**
   * Is what the model thought.
   *
   * @param signature what the provider signed it with, or null
   * @param redacted the thought where the provider hides it, or null
   */
  record Thinking(String text, @Nullable String signature, @Nullable String redacted)
      implements Part {}
}
