package dev.sluice.standin.internal;

import java.util.LinkedHashSet;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Reads OpenAI's responses. */
final class ResponsesRequests {
  private static final Set<String> ROLES = Set.of("system", "developer", "user", "assistant");
  private static final Set<String> PARTS =
      Set.of(
          "input_text",
          "output_text",
          "input_image",
          "input_file",
          "refusal",
          "summary_text",
          "reasoning_text");
  private static final Set<String> ITEMS =
      Set.of("message", "function_call", "function_call_output", "reasoning");

  private ResponsesRequests() {}

  static void read(Fields body, Ask ask) {
    ask.model = body.text("model");
    ask.stream = body.flag("stream", false);
    ask.includeUsage = true;
    ask.parallel = body.flag("parallel_tool_calls", true);
    ask.maxTokens = body.count("max_output_tokens", Long.MAX_VALUE, 16);
    if (body.has("previous_response_id")) {
      throw new Refusal(
          400,
          "previous_response_not_found",
          "Previous response with id '" + body.text("previous_response_id") + "' not found.",
          "previous_response_id");
    }
    if (body.has("reasoning")) {
      String effort = body.object("reasoning").optionalText("effort");
      ask.thinking = effort != null && !effort.equals("none") && !effort.equals("minimal");
    }
    String instructions = body.optionalText("instructions");
    if (instructions != null) {
      ask.system = instructions;
      ask.count(instructions);
    }
    input(body, ask);
    for (Fields tool : body.objects("tools")) {
      if (tool.text("type").equals("function")) {
        ask.tools.add(new Ask.Tool(tool.toolName("name"), tool.get("parameters")));
      }
    }
    JsonNode choice = body.get("tool_choice");
    if (choice.isString()) {
      String word = body.oneOf("tool_choice", Set.of("none", "auto", "required"));
      ask.toolChoice = word.equals("required") ? "any" : word;
    } else if (choice.isObject()) {
      ask.toolChoice = body.object("tool_choice").text("name");
    }
  }

  private static void input(Fields body, Ask ask) {
    if (body.get("input").isString()) {
      ask.lastText = body.text("input");
      ask.count(ask.lastText);
      return;
    }
    var open = new LinkedHashSet<String>();
    for (Fields item : body.some("input")) {
      String type = item.has("type") ? item.oneOf("type", ITEMS) : "message";
      switch (type) {
        case "message" -> message(item, ask);
        case "function_call" -> {
          open.add(item.text("call_id"));
          item.toolName("name");
          item.text("arguments");
          ask.toolOutputs.clear();
        }
        case "function_call_output" -> {
          if (!open.remove(item.text("call_id"))) {
            throw Refusal.invalid(
                item.at("call_id"),
                "No tool call found for function call output with call_id "
                    + item.text("call_id")
                    + ".");
          }
          String output = content(item, "output");
          ask.toolOutputs.add(output);
          ask.count(output);
        }
        default -> {
          // What it thought before says nothing about what is asked.
        }
      }
    }
    if (!open.isEmpty()) {
      throw Refusal.invalid("input", "No tool output found for function call " + open + ".");
    }
  }

  private static void message(Fields item, Ask ask) {
    String role = item.oneOf("role", ROLES);
    String text = content(item, "content");
    ask.count(text);
    ask.toolOutputs.clear();
    switch (role) {
      case "user" -> ask.lastText = text;
      case "assistant" -> {
        // Its own words.
      }
      default -> ask.system += text;
    }
  }

  private static String content(Fields item, String name) {
    if (item.get(name).isString()) {
      return item.text(name);
    }
    var text = new StringBuilder();
    for (Fields part : item.some(name)) {
      String type = part.oneOf("type", PARTS);
      if (type.endsWith("_text")) {
        text.append(part.text("text"));
      }
    }
    return text.toString();
  }
}
