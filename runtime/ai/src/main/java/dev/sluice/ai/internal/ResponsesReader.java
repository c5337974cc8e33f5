package dev.sluice.ai.internal;

import java.util.ArrayList;
import java.util.List;

/** Reads the requests of OpenAI's responses for a translation. */
final class ResponsesReader extends ConversationReader {
  ResponsesReader(JsonTape tape) {
    super(tape);
  }

  @Override
  void field(String name, int node) {
    switch (name) {
      case "model", "stream_options" -> {}
      case "instructions" -> to.system.addFirst(text(node, name));
      case "input" -> {
        if (tape.isString(node)) {
          say(false, List.of(new Part.Text(tape.text(node))));
        } else {
          elements(node, name, this::item);
        }
      }
      case "stream" -> to.stream = tape.isTrue(node);
      case "max_output_tokens" -> to.maxTokens = whole(node, name);
      case "temperature" -> to.temperature = number(node, name);
      case "top_p" -> to.topP = number(node, name);
      case "tools" -> elements(node, name, this::tool);
      case "tool_choice" -> toolChoice(node);
      case "parallel_tool_calls" -> to.parallelTools = tape.isTrue(node);
      case "reasoning" -> fields(node, name, this::reasoning);
      case "text" -> fields(node, name, this::format);
      case "user" -> to.user = text(node, name);
      case "background" -> {
        if (tape.isTrue(node)) {
          throw unknown(name);
        }
      }
      case "truncation" -> {
        if (!text(node, name).equals("disabled")) {
          throw unknown(name);
        }
      }
      case "store",
          "include",
          "metadata",
          "service_tier",
          "safety_identifier",
          "prompt_cache_key",
          "prompt_cache_retention" ->
          leaveOut(name);
      default -> throw unknown(name);
    }
  }

  private void reasoning(String name, int node) {
    switch (name) {
      case "effort" -> to.effort = text(node, "reasoning/effort");
      case "summary", "generate_summary" -> to.includeThoughts = true;
      default -> throw unknown("reasoning/" + name);
    }
  }

  private void format(String name, int node) {
    switch (name) {
      case "verbosity" -> leaveOut("text/verbosity");
      case "format" -> {
        String type = required(node, "type", "text/format");
        switch (type) {
          case "text" -> {}
          case "json_object" -> to.responseFormat = "json";
          case "json_schema" -> {
            to.responseFormat = "schema";
            to.schemaName = tape.string(node, "name", "answer");
            int schema = tape.find(node, "schema");
            to.schema = tape.isNull(schema) ? "{\"type\":\"object\"}" : tape.raw(schema);
          }
          default -> throw unknown("text/format: type \"" + type + "\"");
        }
      }
      default -> throw unknown("text/" + name);
    }
  }

  private void item(int node) {
    String type = tape.string(node, "type", "message");
    switch (type) {
      case "message" -> message(node);
      case "function_call" ->
          say(
              true,
              List.of(
                  new Part.ToolCall(
                      required(node, "call_id", "input"),
                      required(node, "name", "input"),
                      Arguments.object(tape.string(node, "arguments", "{}"), "input/arguments"))));
      case "function_call_output" ->
          say(
              false,
              List.of(
                  new Part.ToolResult(
                      required(node, "call_id", "input"),
                      "",
                      content(tape.find(node, "output")),
                      false)));
      case "reasoning" -> leaveOut("input: type \"reasoning\"");
      default -> throw unknown("input: type \"" + type + "\"");
    }
  }

  private void message(int node) {
    String role = required(node, "role", "input");
    List<Part> content = content(tape.find(node, "content"));
    switch (role) {
      case "system", "developer" -> {
        for (Part part : content) {
          if (!(part instanceof Part.Text(String text))) {
            throw unknown("input: a system message that is not text");
          }
          to.system.add(text);
        }
      }
      case "user" -> say(false, content);
      case "assistant" -> say(true, content);
      default -> throw unknown("input: role \"" + role + "\"");
    }
  }

  private List<Part> content(int node) {
    var parts = new ArrayList<Part>();
    if (tape.isString(node)) {
      parts.add(new Part.Text(tape.text(node)));
    } else {
      elements(node, "input/content", part -> parts.add(part(part)));
    }
    return parts;
  }

  private Part part(int node) {
    String type = required(node, "type", "input/content");
    return switch (type) {
      case "input_text", "output_text", "text" ->
          new Part.Text(required(node, "text", "input/content"));
      case "refusal" -> new Part.Text(required(node, "refusal", "input/content"));
      case "input_image" -> {
        if (tape.find(node, "detail") >= 0) {
          leaveOut("input_image/detail");
        }
        yield media("image", required(node, "image_url", "input/content"), null);
      }
      case "input_file" -> {
        String url = tape.string(node, "file_url");
        yield media(
            "document",
            url == null ? required(node, "file_data", "input/content") : url,
            tape.string(node, "filename"));
      }
      default -> throw unknown("input/content: type \"" + type + "\"");
    };
  }

  private void tool(int node) {
    String type = required(node, "type", "tools");
    if (!type.equals("function")) {
      throw unknown("tools: type \"" + type + "\"");
    }
    int schema = tape.find(node, "parameters");
    to.tools.add(
        new Conversation.Tool(
            required(node, "name", "tools"),
            tape.string(node, "description"),
            tape.isNull(schema) ? null : tape.raw(schema),
            tape.isTrue(tape.find(node, "strict"))));
  }

  private void toolChoice(int node) {
    if (tape.isString(node)) {
      to.toolChoice = tape.text(node);
      return;
    }
    String type = required(node, "type", "tool_choice");
    if (!type.equals("function")) {
      throw unknown("tool_choice: type \"" + type + "\"");
    }
    to.toolChoice = "named";
    to.toolName = required(node, "name", "tool_choice");
  }
}
