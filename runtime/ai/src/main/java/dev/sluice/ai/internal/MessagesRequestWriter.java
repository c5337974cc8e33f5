package dev.sluice.ai.internal;

import java.util.List;

/** Writes requests of Anthropic's messages and count_tokens. */
final class MessagesRequestWriter extends ConversationWriter {
  /** Anthropic asks for a limit; other formats do without. */
  private static final long DEFAULT_MAX_TOKENS = 4096;

  /** Anthropic's smallest budget for thinking. */
  private static final long LEAST_THINKING = 1024;

  private final boolean count;

  MessagesRequestWriter(Conversation from, String model, boolean count) {
    super(from, model);
    this.count = count;
  }

  @Override
  String provider() {
    return "an Anthropic provider";
  }

  @Override
  void write() {
    refuse();
    out.object().field("model", model);
    long budget = budget();
    if (!count) {
      long maximum = from.maxTokens >= 0 ? from.maxTokens : DEFAULT_MAX_TOKENS;
      // The budget counts toward the limit, and the limit has to be greater.
      if (budget >= maximum) {
        if (from.maxTokens >= 0 && maximum <= LEAST_THINKING) {
          budget = 0;
          from.leftOut.add("reasoning_effort");
        } else if (from.maxTokens >= 0) {
          budget = LEAST_THINKING;
        } else {
          maximum = budget + DEFAULT_MAX_TOKENS;
        }
      }
      out.field("max_tokens", maximum);
    }
    if (!from.system.isEmpty()) {
      out.field("system", String.join("\n\n", from.system));
    }
    out.array("messages");
    from.messages.forEach(this::message);
    out.endArray();
    tools();
    if (from.thinkingBudget == 0) {
      out.object("thinking").field("type", "disabled").endObject();
    } else if (budget > 0) {
      out.object("thinking").field("type", "enabled").field("budget_tokens", budget).endObject();
    }
    if (!count) {
      parameters(budget > 0);
    }
    out.endObject();
  }

  private void refuse() {
    if (from.choices != 1) {
      throw cannot("more than one choice (n)");
    }
    if (from.presencePenalty != null && Double.parseDouble(from.presencePenalty) != 0) {
      throw cannot("presence_penalty");
    }
    if (from.frequencyPenalty != null && Double.parseDouble(from.frequencyPenalty) != 0) {
      throw cannot("frequency_penalty");
    }
    if ("json".equals(from.responseFormat)) {
      throw cannot("response_format json_object (a schema can be)");
    }
    if (from.seed != null) {
      from.leftOut.add("seed");
    }
  }

  private long budget() {
    if (thoughtlessTurn()
        || "required".equals(from.toolChoice)
        || "named".equals(from.toolChoice)) {
      // Anthropic thinks neither when a tool is forced, nor in a turn that it began without.
      if (from.thinkingBudget > 0 || from.effort != null) {
        from.leftOut.add("reasoning_effort");
      }
      return 0;
    }
    if (from.thinkingBudget > 0) {
      return Math.max(LEAST_THINKING, from.thinkingBudget);
    }
    if (from.effort == null || from.thinkingBudget == 0) {
      return 0;
    }
    return switch (from.effort) {
      case "none", "minimal" -> 0;
      case "low" -> 1024;
      case "medium" -> 8192;
      default -> 16384;
    };
  }

  /**
   * Returns whether tools have just answered a message that does not begin with a signed thought.
   */
  private boolean thoughtlessTurn() {
    return !from.messages.isEmpty()
        && from.messages.getLast().parts().stream().anyMatch(Part.ToolResult.class::isInstance);
  }

  private void parameters(boolean thinks) {
    if (thinks) {
      // A thinking model of Anthropic's takes its own temperature only.
      if (from.temperature != null) {
        from.leftOut.add("temperature");
      }
    } else if (from.temperature != null) {
      // Anthropic's temperatures end at 1, the others' at 2.
      out.rawField(
          "temperature", Double.parseDouble(from.temperature) > 1 ? "1" : from.temperature);
    }
    if (thinks && from.topK != null) {
      from.leftOut.add("top_k");
    } else {
      out.optionalRaw("top_k", from.topK);
    }
    if (thinks && from.topP != null) {
      from.leftOut.add("top_p");
    } else {
      out.optionalRaw("top_p", from.topP);
    }
    if (!from.stop.isEmpty()) {
      out.array("stop_sequences");
      from.stop.forEach(out::value);
      out.endArray();
    }
    if (from.responseFormat != null && from.schema != null) {
      out.object("output_config").object("format").field("type", "json_schema");
      out.rawField("schema", from.schema).endObject().endObject();
    }
    if (from.user != null) {
      out.object("metadata").field("user_id", from.user).endObject();
    }
    if (from.stream) {
      out.field("stream", true);
    }
  }

  private void tools() {
    if (!from.tools.isEmpty()) {
      out.array("tools");
      for (Conversation.Tool tool : from.tools) {
        out.object().field("name", tool.name()).optional("description", tool.description());
        out.rawField(
            "input_schema",
            tool.schema() == null ? "{\"type\":\"object\",\"properties\":{}}" : tool.schema());
        if (tool.strict()) {
          out.field("strict", true);
        }
        out.endObject();
      }
      out.endArray();
    }
    boolean serial = Boolean.FALSE.equals(from.parallelTools);
    if (from.toolChoice == null && !(serial && !from.tools.isEmpty())) {
      return;
    }
    out.object("tool_choice");
    String choice = from.toolChoice == null ? "auto" : from.toolChoice;
    out.field(
        "type",
        switch (choice) {
          case "required" -> "any";
          case "named" -> "tool";
          default -> choice;
        });
    out.optional("name", from.toolName);
    if (serial && !choice.equals("none")) {
      out.field("disable_parallel_tool_use", true);
    }
    out.endObject();
  }

  private void message(Conversation.Message message) {
    List<Part> parts = message.parts();
    out.object().field("role", message.assistant() ? "assistant" : "user");
    if (parts.size() == 1 && parts.getFirst() instanceof Part.Text(String text)) {
      out.field("content", text);
    } else {
      out.array("content");
      // The results of tools have to come first.
      parts.stream().filter(Part.ToolResult.class::isInstance).forEach(this::part);
      parts.stream().filter(part -> !(part instanceof Part.ToolResult)).forEach(this::part);
      out.endArray();
    }
    out.endObject();
  }

  private void part(Part part) {
    switch (part) {
      case Part.Text(String text) -> {
        // Anthropic refuses empty blocks, which other formats allow.
        if (!text.isEmpty()) {
          out.object().field("type", "text").field("text", text).endObject();
        }
      }
      case Part.Media media -> media(media);
      case Part.ToolCall(String id, String name, String arguments) ->
          out.object()
              .field("type", "tool_use")
              .field("id", id(id))
              .field("name", name)
              .rawField("input", arguments)
              .endObject();
      case Part.ToolResult(String id, String name, List<Part> content, boolean error) -> {
        out.object().field("type", "tool_result").field("tool_use_id", id(id)).array("content");
        content.forEach(this::part);
        out.endArray();
        if (error) {
          out.field("is_error", true);
        }
        out.endObject();
      }
      case Part.Thinking thinking -> thinking(thinking);
    }
  }

  /** Returns an id with the characters that Anthropic takes. */
  private static String id(String given) {
    return given.replaceAll("[^a-zA-Z0-9_-]", "_");
  }

  private void thinking(Part.Thinking thinking) {
    if (thinking.redacted() != null) {
      out.object()
          .field("type", "redacted_thinking")
          .field("data", thinking.redacted())
          .endObject();
    } else {
      // Only what Anthropic signed may be sent back, and no other format carries its signature.
      from.leftOut.add("thinking");
    }
  }

  private void media(Part.Media media) {
    if (media.kind().equals("audio")) {
      throw cannot("audio");
    }
    out.object().field("type", media.kind()).object("source");
    if (media.url() != null) {
      out.field("type", "url").field("url", media.url());
    } else {
      out.field("type", "base64").field("media_type", media.mediaType());
      out.optional("data", media.data());
    }
    out.endObject();
    if (media.kind().equals("document")) {
      out.optional("title", media.name());
    }
    out.endObject();
  }
}
