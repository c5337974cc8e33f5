package dev.sluice.ai.internal;

import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Writes requests of Gemini's generateContent and countTokens. */
final class GeminiRequestWriter extends ConversationWriter {
  private final boolean count;
  private final Map<String, String> toolNames;
  private final List<String> callOrder;

  GeminiRequestWriter(Conversation from, String model, boolean count) {
    super(from, model);
    this.count = count;
    this.toolNames = toolNames();
    this.callOrder = List.copyOf(toolNames.keySet());
  }

  @Override
  String provider() {
    return "a Gemini provider";
  }

  @Override
  void write() {
    if (Boolean.FALSE.equals(from.parallelTools) && !from.tools.isEmpty()) {
      throw cannot("parallel_tool_calls false");
    }
    if (from.user != null) {
      from.leftOut.add("user");
    }
    out.object();
    if (count) {
      // Only this form of countTokens takes a system instruction and tools.
      out.object("generateContentRequest").field("model", "models/" + model);
    }
    if (!from.system.isEmpty()) {
      out.object("systemInstruction").array("parts");
      for (String system : from.system) {
        out.object().field("text", system).endObject();
      }
      out.endArray().endObject();
    }
    out.array("contents");
    from.messages.forEach(this::message);
    out.endArray();
    tools();
    if (!count) {
      config();
    }
    if (count) {
      out.endObject();
    }
    out.endObject();
  }

  private void message(Conversation.Message message) {
    out.object().field("role", message.assistant() ? "model" : "user").array("parts");
    // Gemini tells the answers of parallel calls of one tool by their order.
    message.parts().stream()
        .filter(Part.ToolResult.class::isInstance)
        .map(Part.ToolResult.class::cast)
        .sorted(Comparator.comparingInt(result -> callOrder.indexOf(result.id())))
        .forEach(this::part);
    message.parts().stream().filter(part -> !(part instanceof Part.ToolResult)).forEach(this::part);
    out.endArray().endObject();
  }

  private void part(Part part) {
    switch (part) {
      case Part.Text(String text) -> out.object().field("text", text).endObject();
      case Part.Media media -> media(media);
      case Part.ToolCall(String id, String name, String arguments) ->
          out.object()
              .object("functionCall")
              .field("name", name)
              .rawField("args", arguments)
              .endObject()
              .endObject();
      case Part.ToolResult result -> toolResult(result);
      // Gemini takes back only the thoughts that it signed.
      case Part.Thinking thinking -> from.leftOut.add("thinking");
    }
  }

  private void toolResult(Part.ToolResult result) {
    String name = result.name().isEmpty() ? toolNames.get(result.id()) : result.name();
    if (name == null) {
      throw cannot("a tool result whose call \"" + result.id() + "\" is not in the conversation");
    }
    String text = joined(result.content(), "a tool result");
    out.object().object("functionResponse").field("name", name);
    if (result.error()) {
      out.object("response").field("error", text).endObject();
    } else if (Arguments.isObject(text)) {
      out.rawField("response", text);
    } else {
      out.object("response").field("result", text).endObject();
    }
    out.endObject().endObject();
  }

  private void media(Part.Media media) {
    out.object();
    if (media.url() != null) {
      out.object("fileData").field("fileUri", media.url());
      if (!media.mediaType().isEmpty()) {
        out.field("mimeType", media.mediaType());
      }
    } else {
      out.object("inlineData").field("mimeType", media.mediaType()).optional("data", media.data());
    }
    out.endObject().endObject();
  }

  private void tools() {
    if (!from.tools.isEmpty()) {
      out.array("tools").object().array("functionDeclarations");
      for (Conversation.Tool tool : from.tools) {
        out.object().field("name", tool.name()).optional("description", tool.description());
        out.optionalRaw("parametersJsonSchema", tool.schema());
        out.endObject();
      }
      out.endArray().endObject().endArray();
    }
    if (from.toolChoice == null) {
      return;
    }
    out.object("toolConfig").object("functionCallingConfig");
    out.field(
        "mode",
        switch (from.toolChoice) {
          case "none" -> "NONE";
          case "required", "named" -> "ANY";
          default -> "AUTO";
        });
    if (from.toolName != null) {
      out.array("allowedFunctionNames").value(from.toolName).endArray();
    }
    out.endObject().endObject();
  }

  private void config() {
    out.object("generationConfig");
    if (from.maxTokens >= 0) {
      out.field("maxOutputTokens", from.maxTokens);
    }
    out.optionalRaw("temperature", from.temperature);
    out.optionalRaw("topP", from.topP);
    out.optionalRaw("topK", from.topK);
    out.optionalRaw("seed", from.seed);
    out.optionalRaw("presencePenalty", from.presencePenalty);
    out.optionalRaw("frequencyPenalty", from.frequencyPenalty);
    if (from.choices != 1) {
      out.field("candidateCount", from.choices);
    }
    if (!from.stop.isEmpty()) {
      out.array("stopSequences");
      from.stop.forEach(out::value);
      out.endArray();
    }
    if (from.responseFormat != null) {
      out.field("responseMimeType", "application/json");
      out.optionalRaw("responseJsonSchema", from.schema);
    }
    long budget = budget();
    if (budget >= 0 || from.includeThoughts) {
      out.object("thinkingConfig");
      if (budget >= 0) {
        out.field("thinkingBudget", budget);
      }
      if (from.includeThoughts) {
        out.field("includeThoughts", true);
      }
      out.endObject();
    }
    out.endObject();
  }

  private long budget() {
    if (from.thinkingBudget >= 0 || from.effort == null) {
      return from.thinkingBudget;
    }
    return switch (from.effort) {
      case "none" -> 0;
      case "minimal", "low" -> 1024;
      case "medium" -> 8192;
      default -> 24576;
    };
  }
}
