package dev.sluice.ai.internal;

import java.util.ArrayList;
import java.util.List;

/** Reads the requests of Anthropic's messages for a translation. */
final class MessagesReader extends ConversationReader {
  MessagesReader(JsonTape tape) {
    super(tape);
  }

  @Override
  void field(String name, int node) {
    switch (name) {
      case "model" -> {}
      case "system" -> system(node);
      case "messages" -> elements(node, name, this::message);
      case "stream" -> to.stream = tape.isTrue(node);
      case "max_tokens" -> to.maxTokens = whole(node, name);
      case "temperature" -> to.temperature = number(node, name);
      case "top_p" -> to.topP = number(node, name);
      case "top_k" -> to.topK = number(node, name);
      case "stop_sequences" -> strings(node, name, to.stop);
      case "tools" -> elements(node, name, this::tool);
      case "tool_choice" -> toolChoice(node);
      case "thinking" -> thinking(node);
      case "output_format" -> outputFormat(node);
      case "output_config" ->
          fields(
              node,
              name,
              (field, value) -> {
                switch (field) {
                  case "effort" -> to.effort = text(value, "output_config/effort");
                  case "format" -> outputFormat(value);
                  default -> throw unknown("output_config/" + field);
                }
              });
      case "metadata" -> to.user = tape.string(node, "user_id");
      case "service_tier", "cache_control" -> leaveOut(name);
      default -> throw unknown(name);
    }
  }

  private void system(int node) {
    if (tape.isString(node)) {
      to.system.add(tape.text(node));
      return;
    }
    elements(
        node,
        "system",
        part -> {
          cacheControl(part);
          to.system.add(required(part, "text", "system"));
        });
  }

  private void cacheControl(int node) {
    if (tape.find(node, "cache_control") >= 0) {
      leaveOut("cache_control");
    }
  }

  private void message(int node) {
    String role = required(node, "role", "messages");
    boolean assistant = role.equals("assistant");
    if (!assistant && !role.equals("user")) {
      throw unknown("messages: role \"" + role + "\"");
    }
    say(assistant, content(tape.find(node, "content"), "messages/content"));
  }

  private List<Part> content(int content, String place) {
    var parts = new ArrayList<Part>();
    if (tape.isString(content)) {
      parts.add(new Part.Text(tape.text(content)));
    } else {
      elements(content, place, block -> parts.add(block(block, place)));
    }
    return parts;
  }

  private Part block(int node, String place) {
    cacheControl(node);
    String type = required(node, "type", place);
    return switch (type) {
      case "text" -> {
        if (!tape.isNull(tape.find(node, "citations"))) {
          leaveOut("citations");
        }
        yield new Part.Text(required(node, "text", place));
      }
      case "image" -> source(node, "image", place);
      case "document" -> source(node, "document", place);
      case "tool_use" -> {
        int input = tape.find(node, "input");
        yield new Part.ToolCall(
            required(node, "id", place),
            required(node, "name", place),
            input < 0 ? "{}" : tape.raw(input));
      }
      case "tool_result" -> {
        int content = tape.find(node, "content");
        yield new Part.ToolResult(
            required(node, "tool_use_id", place),
            "",
            tape.isNull(content) ? List.of() : content(content, place + "/content"),
            tape.isTrue(tape.find(node, "is_error")));
      }
      case "thinking" ->
          new Part.Thinking(
              tape.string(node, "thinking", ""), tape.string(node, "signature"), null);
      case "redacted_thinking" -> new Part.Thinking("", null, tape.string(node, "data", ""));
      default -> throw unknown(place + ": type \"" + type + "\"");
    };
  }

  private Part source(int node, String kind, String place) {
    int source = tape.find(node, "source");
    String type = required(source, "type", place + "/source");
    String title = tape.string(node, "title");
    return switch (type) {
      case "base64" ->
          new Part.Media(
              kind,
              required(source, "media_type", place + "/source"),
              required(source, "data", place + "/source"),
              null,
              title);
      case "url" ->
          new Part.Media(kind, "", null, required(source, "url", place + "/source"), title);
      case "text" -> {
        if (title != null) {
          leaveOut("title");
        }
        yield new Part.Text(required(source, "data", place + "/source"));
      }
      default -> throw unknown(place + "/source: type \"" + type + "\"");
    };
  }

  private void tool(int node) {
    String type = tape.string(node, "type", "custom");
    if (!type.equals("custom")) {
      throw unknown("tools: type \"" + type + "\"");
    }
    cacheControl(node);
    int schema = tape.find(node, "input_schema");
    to.tools.add(
        new Conversation.Tool(
            required(node, "name", "tools"),
            tape.string(node, "description"),
            tape.isNull(schema) ? null : tape.raw(schema),
            tape.isTrue(tape.find(node, "strict"))));
  }

  private void toolChoice(int node) {
    String type = required(node, "type", "tool_choice");
    switch (type) {
      case "auto", "none" -> to.toolChoice = type;
      case "any" -> to.toolChoice = "required";
      case "tool" -> {
        to.toolChoice = "named";
        to.toolName = required(node, "name", "tool_choice");
      }
      default -> throw unknown("tool_choice: type \"" + type + "\"");
    }
    int serial = tape.find(node, "disable_parallel_tool_use");
    if (serial >= 0) {
      to.parallelTools = !tape.isTrue(serial);
    }
  }

  private void thinking(int node) {
    String type = required(node, "type", "thinking");
    switch (type) {
      case "enabled" -> {
        to.thinkingBudget = tape.number(node, "budget_tokens", 1024);
        to.includeThoughts = true;
      }
      case "adaptive" -> to.includeThoughts = true;
      case "disabled" -> to.thinkingBudget = 0;
      default -> throw unknown("thinking: type \"" + type + "\"");
    }
  }

  private void outputFormat(int node) {
    String type = required(node, "type", "output_format");
    if (!type.equals("json_schema")) {
      throw unknown("output_format: type \"" + type + "\"");
    }
    to.responseFormat = "schema";
    to.schemaName = "answer";
    int schema = tape.find(node, "schema");
    to.schema = tape.isNull(schema) ? "{\"type\":\"object\"}" : tape.raw(schema);
  }
}
