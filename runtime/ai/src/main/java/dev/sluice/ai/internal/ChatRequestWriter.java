package dev.sluice.ai.internal;

import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Writes requests of OpenAI's chat completions. */
final class ChatRequestWriter extends ConversationWriter {
  private static final Pattern REASONING_MODEL = Pattern.compile("^(openai/)?(o\\d|gpt-[5-9])");

  ChatRequestWriter(Conversation from, String model) {
    super(from, model);
  }

  @Override
  String provider() {
    return "an OpenAI provider";
  }

  @Override
  void write() {
    out.object().field("model", model);
    out.array("messages");
    for (String system : from.system) {
      out.object().field("role", "system").field("content", system).endObject();
    }
    from.messages.forEach(this::message);
    out.endArray();
    parameters();
    tools();
    format();
    if (from.stream) {
      out.field("stream", true);
      if (from.askUsage) {
        out.object("stream_options").field("include_usage", true).endObject();
      }
    }
    out.endObject();
  }

  private void parameters() {
    if (from.maxTokens >= 0) {
      // OpenAI's models that reason take only the new name, many who speak its format only the old.
      boolean reasons = REASONING_MODEL.matcher(model).find();
      out.field(reasons ? "max_completion_tokens" : "max_tokens", from.maxTokens);
    }
    out.optionalRaw("temperature", from.temperature);
    out.optionalRaw("top_p", from.topP);
    if (from.topK != null) {
      from.leftOut.add("top_k");
    }
    out.optionalRaw("seed", from.seed);
    out.optionalRaw("presence_penalty", from.presencePenalty);
    out.optionalRaw("frequency_penalty", from.frequencyPenalty);
    if (!from.stop.isEmpty()) {
      out.array("stop");
      from.stop.forEach(out::value);
      out.endArray();
    }
    if (from.choices != 1) {
      out.field("n", from.choices);
    }
    String effort = effort();
    out.optional("reasoning_effort", effort);
    out.optional("user", from.user);
  }

  private @Nullable String effort() {
    if (from.effort != null) {
      return from.effort;
    }
    if (from.thinkingBudget <= 0) {
      return null;
    }
    return from.thinkingBudget <= 2048 ? "low" : from.thinkingBudget <= 12288 ? "medium" : "high";
  }

  private void tools() {
    if (!from.tools.isEmpty()) {
      out.array("tools");
      for (Conversation.Tool tool : from.tools) {
        out.object().field("type", "function").object("function").field("name", tool.name());
        out.optional("description", tool.description());
        out.optionalRaw("parameters", tool.schema());
        if (tool.strict()) {
          out.field("strict", true);
        }
        out.endObject().endObject();
      }
      out.endArray();
    }
    if (from.toolName != null) {
      out.object("tool_choice").field("type", "function");
      out.object("function").field("name", from.toolName).endObject().endObject();
    } else {
      out.optional("tool_choice", from.toolChoice);
    }
    if (from.parallelTools != null) {
      out.field("parallel_tool_calls", from.parallelTools);
    }
  }

  private void format() {
    if (from.responseFormat == null) {
      return;
    }
    out.object("response_format");
    if (from.responseFormat.equals("json")) {
      out.field("type", "json_object");
    } else {
      out.field("type", "json_schema").object("json_schema");
      out.optional("name", from.schemaName).optionalRaw("schema", from.schema).endObject();
    }
    out.endObject();
  }

  private void message(Conversation.Message message) {
    if (message.assistant()) {
      assistant(message.parts());
      return;
    }
    // Tool results come first: they answer the calls of the message before.
    for (Part part : message.parts()) {
      if (part instanceof Part.ToolResult result) {
        toolResult(result);
      }
    }
    List<Part> said =
        message.parts().stream().filter(part -> !(part instanceof Part.ToolResult)).toList();
    if (!said.isEmpty()) {
      out.object().field("role", "user");
      content(said);
      out.endObject();
    }
  }

  private void toolResult(Part.ToolResult result) {
    out.object().field("role", "tool").field("tool_call_id", result.id());
    String text = joined(result.content(), "a tool result");
    out.field("content", result.error() ? "Error: " + text : text).endObject();
  }

  private void assistant(List<Part> parts) {
    var text = new StringBuilder();
    boolean calls = false;
    boolean texts = false;
    for (Part part : parts) {
      switch (part) {
        case Part.Text(String piece) -> {
          text.append(piece);
          texts = true;
        }
        case Part.ToolCall call -> calls = true;
        // A thought is the model's own business: OpenAI's API takes none back.
        case Part.Thinking thinking -> from.leftOut.add("thinking");
        default -> throw cannot("an assistant message with media");
      }
    }
    out.object().field("role", "assistant");
    if (texts || !calls) {
      out.field("content", text.toString());
    } else {
      out.nullField("content");
    }
    if (calls) {
      out.array("tool_calls");
      for (Part part : parts) {
        if (part instanceof Part.ToolCall(String id, String name, String arguments)) {
          out.object().field("id", id).field("type", "function").object("function");
          out.field("name", name).field("arguments", arguments).endObject().endObject();
        }
      }
      out.endArray();
    }
    out.endObject();
  }

  private void content(List<Part> parts) {
    if (parts.size() == 1 && parts.getFirst() instanceof Part.Text(String text)) {
      out.field("content", text);
      return;
    }
    out.array("content");
    for (Part part : parts) {
      switch (part) {
        case Part.Text(String text) ->
            out.object().field("type", "text").field("text", text).endObject();
        case Part.Media media -> media(media);
        default -> throw cannot("a user message with thoughts or tool calls");
      }
    }
    out.endArray();
  }

  private void media(Part.Media media) {
    String url =
        media.url() == null ? "data:" + media.mediaType() + ";base64," + media.data() : media.url();
    out.object();
    switch (media.kind()) {
      case "image" ->
          out.field("type", "image_url").object("image_url").field("url", url).endObject();
      case "audio" -> {
        if (media.data() == null) {
          throw cannot("audio by URL");
        }
        out.field("type", "input_audio").object("input_audio").field("data", media.data());
        out.field("format", format(media.mediaType())).endObject();
      }
      default -> {
        if (media.url() != null) {
          throw cannot("a document by URL");
        }
        out.field("type", "file").object("file");
        out.field("filename", media.name() == null ? "document" : media.name());
        out.field("file_data", url).endObject();
      }
    }
    out.endObject();
  }

  private static String format(String mediaType) {
    String name = mediaType.substring(mediaType.indexOf('/') + 1);
    return switch (name) {
      case "mpeg" -> "mp3";
      case "x-wav" -> "wav";
      default -> name;
    };
  }
}
