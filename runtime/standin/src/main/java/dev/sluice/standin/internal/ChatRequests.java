package dev.sluice.standin.internal;

import java.util.LinkedHashSet;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads OpenAI's chat completions, completions, embeddings and moderations. */
final class ChatRequests {
  private static final Set<String> ROLES =
      Set.of("system", "developer", "user", "assistant", "tool", "function");
  private static final Set<String> PARTS =
      Set.of("text", "image_url", "input_audio", "file", "refusal");

  private ChatRequests() {}

  static void chat(Fields body, Ask ask) {
    common(body, ask);
    ask.choices = (int) body.count("n", 1, 1);
    ask.parallel = body.flag("parallel_tool_calls", true);
    if (body.has("parallel_tool_calls") && !body.has("tools")) {
      throw Refusal.invalid(
          "parallel_tool_calls",
          "'parallel_tool_calls' is only allowed when 'tools' are specified.");
    }
    String effort = body.optionalText("reasoning_effort");
    ask.thinking = effort != null && !effort.equals("none") && !effort.equals("minimal");
    long most = body.count("max_tokens", Long.MAX_VALUE, 1);
    ask.maxTokens = body.count("max_completion_tokens", most, 1);
    if (body.has("max_tokens") && body.has("max_completion_tokens")) {
      throw Refusal.invalid(
          "max_tokens",
          "Setting 'max_tokens' and 'max_completion_tokens' at once is not supported.");
    }
    messages(body, ask);
    for (Fields tool : body.objects("tools")) {
      tool.oneOf("type", Set.of("function"));
      Fields function = tool.object("function");
      ask.tools.add(new Ask.Tool(function.toolName("name"), function.get("parameters")));
    }
    choice(body, ask);
  }

  private static void common(Fields body, Ask ask) {
    String model = body.text("model");
    ask.model = ask.model.isEmpty() ? model : ask.model;
    ask.stream = body.flag("stream", false);
    if (body.has("stream_options")) {
      if (!ask.stream) {
        throw Refusal.invalid(
            "stream_options",
            "The 'stream_options' parameter is only allowed when 'stream' is on.");
      }
      ask.includeUsage = body.object("stream_options").flag("include_usage", false);
    }
  }

  private static void choice(Fields body, Ask ask) {
    JsonNode choice = body.get("tool_choice");
    if (choice.isMissingNode() || choice.isNull()) {
      return;
    }
    if (ask.tools.isEmpty()) {
      throw Refusal.invalid("tool_choice", "'tool_choice' is only allowed with 'tools'.");
    }
    if (choice.isString()) {
      String word = body.oneOf("tool_choice", Set.of("none", "auto", "required"));
      ask.toolChoice = word.equals("required") ? "any" : word;
      return;
    }
    Fields named = body.object("tool_choice");
    named.oneOf("type", Set.of("function"));
    ask.toolChoice = named.object("function").text("name");
    if (ask.tools.stream().noneMatch(tool -> tool.name().equals(ask.toolChoice))) {
      throw Refusal.invalid("tool_choice", "There is no tool '" + ask.toolChoice + "'.");
    }
  }

  private static void messages(Fields body, Ask ask) {
    var open = new LinkedHashSet<String>();
    boolean calling = false;
    for (Fields message : body.some("messages")) {
      String role = message.oneOf("role", ROLES);
      if (role.equals("tool")) {
        String id = message.text("tool_call_id");
        if (!calling || !open.remove(id)) {
          throw Refusal.invalid(
              message.at("role"),
              "Messages with role 'tool' must be a response to a preceding message with"
                  + " 'tool_calls'.");
        }
        String text = content(message, true);
        ask.toolOutputs.add(text);
        ask.count(text);
        continue;
      }
      unanswered(open, message);
      calling = role.equals("assistant") && message.has("tool_calls");
      String text = content(message, !role.equals("assistant") || !calling);
      ask.count(text);
      switch (role) {
        case "system", "developer" -> ask.system += text;
        case "user" -> {
          ask.lastText = text;
          ask.toolOutputs.clear();
        }
        default -> ask.toolOutputs.clear();
      }
      if (calling) {
        calls(message, open);
      }
    }
    unanswered(open, body);
  }

  private static void unanswered(Set<String> open, Fields where) {
    if (!open.isEmpty()) {
      throw Refusal.invalid(
          where.at("messages"),
          "An assistant message with 'tool_calls' must be followed by tool messages responding to"
              + " each 'tool_call_id'. The following had no response: "
              + String.join(", ", open));
    }
  }

  private static void calls(Fields message, Set<String> open) {
    for (Fields call : message.some("tool_calls")) {
      call.oneOf("type", Set.of("function"));
      open.add(call.text("id"));
      Fields function = call.object("function");
      function.toolName("name");
      String arguments = function.text("arguments");
      try {
        if (!JsonMapper.shared().readTree(arguments).isObject()) {
          throw Refusal.invalid(function.at("arguments"), "Expected a JSON object.");
        }
      } catch (tools.jackson.core.JacksonException e) {
        throw Refusal.invalid(function.at("arguments"), "Expected JSON, got '" + arguments + "'.");
      }
    }
  }

  private static String content(Fields message, boolean required) {
    JsonNode content = message.get("content");
    if (content.isString()) {
      return content.stringValue();
    }
    if (content.isMissingNode() || content.isNull()) {
      if (required) {
        throw Refusal.invalid(message.at("content"), "Expected a string or an array, got null.");
      }
      return "";
    }
    var text = new StringBuilder();
    for (Fields part : message.some("content")) {
      switch (part.oneOf("type", PARTS)) {
        case "text" -> text.append(part.text("text"));
        case "refusal" -> text.append(part.text("refusal"));
        case "image_url" -> part.object("image_url").text("url");
        default -> {
          // Carried, not looked into.
        }
      }
    }
    return text.toString();
  }

  static void completions(Fields body, Ask ask) {
    common(body, ask);
    ask.choices = (int) body.count("n", 1, 1);
    ask.maxTokens = body.count("max_tokens", 16, 1);
    JsonNode prompt = body.get("prompt");
    if (prompt.isArray() && prompt.size() == 1 && prompt.get(0).isString()) {
      prompt = prompt.get(0);
    }
    if (!prompt.isString()) {
      throw Refusal.invalid("prompt", "Expected a string.");
    }
    ask.lastText = prompt.stringValue();
    ask.count(ask.lastText);
  }

  /** Reads what has a field {@code input}: a text, texts, or tokens. */
  static void input(Fields body, Ask ask) {
    String named = body.optionalText("model");
    ask.model = ask.model.isEmpty() && named != null ? named : ask.model;
    JsonNode input = body.get("input");
    if (input.isString()) {
      ask.lastText = input.stringValue();
      ask.count(ask.lastText);
    } else if (input.isArray() && !input.isEmpty()) {
      ask.choices = input.get(0).isIntegralNumber() ? 1 : input.size();
      for (JsonNode item : input) {
        ask.lastText = item.isString() ? item.stringValue() : item.path("text").asString("");
        ask.count(ask.lastText.isEmpty() ? "token" : ask.lastText);
      }
    } else {
      throw Refusal.invalid("input", "Expected a string or an array with at least one item.");
    }
  }
}
