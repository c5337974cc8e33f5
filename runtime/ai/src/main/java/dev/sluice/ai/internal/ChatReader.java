package dev.sluice.ai.internal;

import java.util.ArrayList;
import java.util.List;

/** Reads the requests of OpenAI's chat completions for a translation. */
final class ChatReader extends ConversationReader {
  ChatReader(JsonTape tape) {
    super(tape);
  }

  @Override
  void field(String name, int node) {
    switch (name) {
      case "model", "stream_options" -> {}
      case "messages" -> elements(node, "messages", this::message);
      case "stream" -> to.stream = tape.isTrue(node);
      case "max_tokens", "max_completion_tokens" -> to.maxTokens = whole(node, name);
      case "temperature" -> to.temperature = number(node, name);
      case "top_p" -> to.topP = number(node, name);
      case "top_k" -> to.topK = number(node, name);
      case "seed" -> to.seed = number(node, name);
      case "presence_penalty" -> to.presencePenalty = number(node, name);
      case "frequency_penalty" -> to.frequencyPenalty = number(node, name);
      case "n" -> to.choices = whole(node, name);
      case "stop" -> strings(node, name, to.stop);
      case "tools" -> elements(node, name, this::tool);
      case "tool_choice" -> toolChoice(node);
      case "parallel_tool_calls" -> to.parallelTools = tape.isTrue(node);
      case "response_format" -> responseFormat(node);
      case "reasoning_effort" -> {
        to.effort = text(node, name);
        // Clients of chat read thoughts in reasoning_content, where the provider shows them.
        to.includeThoughts = !to.effort.equals("none") && !to.effort.equals("minimal");
      }
      case "user" -> to.user = text(node, name);
      case "store", "logprobs" -> {
        if (tape.isTrue(node)) {
          throw unknown(name);
        }
      }
      case "metadata",
          "service_tier",
          "safety_identifier",
          "prompt_cache_key",
          "prompt_cache_retention",
          "verbosity" ->
          leaveOut(name);
      default -> throw unknown(name);
    }
  }

  private void message(int node) {
    String role = required(node, "role", "messages");
    switch (role) {
      case "system", "developer" -> system(node);
      case "user" -> say(false, content(node));
      case "assistant" -> assistant(node);
      case "tool" ->
          say(
              false,
              List.of(
                  new Part.ToolResult(
                      required(node, "tool_call_id", "messages"), "", content(node), false)));
      default -> throw unknown("messages: role \"" + role + "\"");
    }
  }

  private void system(int node) {
    var text = new StringBuilder();
    for (Part part : content(node)) {
      if (!(part instanceof Part.Text(String piece))) {
        throw unknown("messages: a system message that is not text");
      }
      text.append(text.isEmpty() ? "" : "\n").append(piece);
    }
    to.system.add(text.toString());
  }

  private void assistant(int node) {
    var parts = new ArrayList<Part>();
    fields(
        node,
        "messages",
        (name, value) -> {
          switch (name) {
            case "role", "annotations" -> {}
            case "name" -> leaveOut("messages/name");
            case "content" -> parts.addAll(content(node));
            case "refusal" -> parts.add(new Part.Text(text(value, "messages/refusal")));
            case "reasoning_content", "reasoning" -> leaveOut("messages/" + name);
            case "tool_calls" -> elements(value, "messages/tool_calls", call -> call(call, parts));
            default -> throw unknown("messages/" + name);
          }
        });
    say(true, parts);
  }

  private void call(int node, List<Part> parts) {
    int function = tape.find(node, "function");
    if (!tape.isObject(function)) {
      throw unknown("messages/tool_calls: type \"" + tape.string(node, "type", "") + "\"");
    }
    String arguments = tape.string(function, "arguments", "{}");
    parts.add(
        new Part.ToolCall(
            required(node, "id", "messages/tool_calls"),
            required(function, "name", "messages/tool_calls/function"),
            Arguments.object(arguments, "messages/tool_calls/function/arguments")));
  }

  private List<Part> content(int message) {
    int content = tape.find(message, "content");
    var parts = new ArrayList<Part>();
    if (tape.isString(content)) {
      parts.add(new Part.Text(tape.text(content)));
    } else if (!tape.isNull(content)) {
      elements(content, "messages/content", part -> parts.add(part(part)));
    }
    return parts;
  }

  private Part part(int node) {
    String type = required(node, "type", "messages/content");
    return switch (type) {
      case "text" -> {
        if (tape.find(node, "cache_control") >= 0) {
          leaveOut("cache_control");
        }
        yield new Part.Text(required(node, "text", "messages/content"));
      }
      case "refusal" -> new Part.Text(required(node, "refusal", "messages/content"));
      case "image_url" -> {
        if (tape.find(node, "image_url", "detail") >= 0) {
          leaveOut("image_url/detail");
        }
        yield media(
            "image",
            required(tape.find(node, "image_url"), "url", "messages/content/image_url"),
            null);
      }
      case "input_audio" -> {
        int audio = tape.find(node, "input_audio");
        yield new Part.Media(
            "audio",
            "audio/" + required(audio, "format", "messages/content/input_audio"),
            required(audio, "data", "messages/content/input_audio"),
            null,
            null);
      }
      case "file" -> {
        int file = tape.find(node, "file");
        if (tape.find(file, "file_id") >= 0) {
          throw unknown("messages/content/file/file_id");
        }
        yield media(
            "document",
            required(file, "file_data", "messages/content/file"),
            tape.string(file, "filename"));
      }
      default -> throw unknown("messages/content: type \"" + type + "\"");
    };
  }

  private void tool(int node) {
    String type = tape.string(node, "type", "function");
    int function = tape.find(node, "function");
    if (!type.equals("function") || !tape.isObject(function)) {
      throw unknown("tools: type \"" + type + "\"");
    }
    int schema = tape.find(function, "parameters");
    to.tools.add(
        new Conversation.Tool(
            required(function, "name", "tools/function"),
            tape.string(function, "description"),
            tape.isNull(schema) ? null : tape.raw(schema),
            tape.isTrue(tape.find(function, "strict"))));
  }

  private void toolChoice(int node) {
    if (tape.isString(node)) {
      String choice = tape.text(node);
      if (!choice.equals("auto") && !choice.equals("none") && !choice.equals("required")) {
        throw unknown("tool_choice: \"" + choice + "\"");
      }
      to.toolChoice = choice;
      return;
    }
    int function = tape.find(node, "function");
    if (!tape.isObject(function)) {
      throw unknown("tool_choice: type \"" + tape.string(node, "type", "") + "\"");
    }
    to.toolChoice = "named";
    to.toolName = required(function, "name", "tool_choice/function");
  }

  private void responseFormat(int node) {
    String type = required(node, "type", "response_format");
    switch (type) {
      case "text" -> {}
      case "json_object" -> to.responseFormat = "json";
      case "json_schema" -> {
        to.responseFormat = "schema";
        int described = tape.find(node, "json_schema");
        to.schemaName = required(described, "name", "response_format/json_schema");
        int schema = tape.find(described, "schema");
        to.schema = tape.isNull(schema) ? "{\"type\":\"object\"}" : tape.raw(schema);
      }
      default -> throw unknown("response_format: type \"" + type + "\"");
    }
  }
}
