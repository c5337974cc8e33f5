package dev.sluice.standin.internal;

import java.util.LinkedHashSet;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Reads Anthropic's messages and count_tokens, as strictly as it does. */
final class MessagesRequests {
  private static final Set<String> FIELDS =
      Set.of(
          "model",
          "messages",
          "max_tokens",
          "system",
          "stream",
          "temperature",
          "top_p",
          "top_k",
          "stop_sequences",
          "tools",
          "tool_choice",
          "thinking",
          "metadata",
          "service_tier",
          "container",
          "context_management",
          "mcp_servers",
          "output_config",
          "output_format");

  /** Bedrock has the model, and whether to stream, in the path. */
  private static final Set<String> INVOKE_FIELDS =
      Set.of(
          "anthropic_version",
          "anthropic_beta",
          "messages",
          "max_tokens",
          "system",
          "temperature",
          "top_p",
          "top_k",
          "stop_sequences",
          "tools",
          "tool_choice",
          "thinking");

  private static final Set<String> BLOCKS =
      Set.of(
          "text",
          "image",
          "document",
          "tool_use",
          "tool_result",
          "thinking",
          "redacted_thinking",
          "search_result");
  private static final String TOOL_ID = "[a-zA-Z0-9_-]+";

  private MessagesRequests() {}

  static void read(Fields body, Ask ask) {
    if (ask.operation == Operation.INVOKE) {
      body.only(INVOKE_FIELDS);
      body.oneOf("anthropic_version", Set.of("bedrock-2023-05-31"));
    } else {
      body.only(FIELDS);
      ask.model = body.text("model");
      ask.stream = body.flag("stream", false);
    }
    ask.includeUsage = true;
    if (ask.operation != Operation.COUNT_TOKENS) {
      if (!body.has("max_tokens")) {
        throw Refusal.invalid("max_tokens", "Field required");
      }
      ask.maxTokens = body.count("max_tokens", 0, 1);
    }
    if (body.has("temperature") && body.get("temperature").asDouble() > 1) {
      throw Refusal.invalid("temperature", "Input should be less than or equal to 1");
    }
    thinking(body, ask);
    if (body.has("system")) {
      ask.system = content(body, "system", Set.of("text"));
      ask.count(ask.system);
    }
    messages(body, ask);
    for (Fields tool : body.objects("tools")) {
      String type = tool.optionalText("type");
      if (type == null || type.equals("custom")) {
        ask.tools.add(new Ask.Tool(tool.toolName("name"), tool.object("input_schema").node()));
        if (!tool.object("input_schema").text("type").equals("object")) {
          throw Refusal.invalid(tool.at("input_schema.type"), "Input should be 'object'");
        }
      }
    }
    choice(body, ask);
  }

  private static void thinking(Fields body, Ask ask) {
    if (!body.has("thinking")) {
      return;
    }
    Fields thinking = body.object("thinking");
    String type = thinking.oneOf("type", Set.of("enabled", "disabled", "adaptive"));
    ask.thinking = !type.equals("disabled");
    if (type.equals("enabled")) {
      long budget = thinking.count("budget_tokens", -1, 1024);
      if (budget < 0) {
        throw Refusal.invalid("thinking.budget_tokens", "Field required");
      }
      if (budget >= ask.maxTokens && ask.operation != Operation.COUNT_TOKENS) {
        throw Refusal.invalid("max_tokens", "must be greater than `thinking.budget_tokens`");
      }
    }
  }

  private static void choice(Fields body, Ask ask) {
    if (!body.has("tool_choice")) {
      return;
    }
    if (ask.tools.isEmpty()) {
      throw Refusal.invalid(
          "tool_choice", "tool_choice may only be specified while providing tools");
    }
    Fields choice = body.object("tool_choice");
    String type = choice.oneOf("type", Set.of("auto", "any", "tool", "none"));
    ask.toolChoice = type.equals("tool") ? choice.text("name") : type;
    ask.parallel = !choice.flag("disable_parallel_tool_use", false);
  }

  private static void messages(Fields body, Ask ask) {
    var open = new LinkedHashSet<String>();
    int at = 0;
    String before = "";
    for (Fields message : body.some("messages")) {
      String role = message.oneOf("role", Set.of("user", "assistant"));
      if (at == 0 && role.equals("assistant")) {
        throw Refusal.invalid(message.at("role"), "first message must use the \"user\" role");
      }
      if (!role.equals(before) && role.equals("assistant")) {
        ask.toolOutputs.clear();
      }
      if (role.equals("user")) {
        answers(message, open, ask);
      } else {
        calls(message, open);
      }
      String text = content(message, "content", BLOCKS);
      ask.count(text);
      if (role.equals("user") && !text.isEmpty()) {
        ask.lastText = text;
      }
      before = role;
      at++;
    }
    if (!open.isEmpty()) {
      throw unanswered(open);
    }
  }

  private static Refusal unanswered(Set<String> open) {
    return Refusal.invalid(
        "messages",
        "`tool_use` ids were found without `tool_result` blocks immediately after: "
            + String.join(", ", open));
  }

  private static void calls(Fields message, Set<String> open) {
    if (!open.isEmpty()) {
      throw unanswered(open);
    }
    if (!message.get("content").isArray()) {
      return;
    }
    for (Fields block : message.objects("content")) {
      if (block.text("type").equals("tool_use")) {
        String id = block.text("id");
        if (!id.matches(TOOL_ID)) {
          throw Refusal.invalid(block.at("id"), "String should match pattern '^" + TOOL_ID + "$'");
        }
        open.add(id);
        block.toolName("name");
        block.object("input");
      }
    }
  }

  private static void answers(Fields message, Set<String> open, Ask ask) {
    boolean any = false;
    if (message.get("content").isArray()) {
      for (Fields block : message.objects("content")) {
        if (block.text("type").equals("tool_result")) {
          if (!open.remove(block.text("tool_use_id"))) {
            throw Refusal.invalid(
                block.at("tool_use_id"),
                "unexpected `tool_use_id` found in `tool_result` blocks: "
                    + block.text("tool_use_id"));
          }
          String output =
              block.has("content")
                  ? content(block, "content", Set.of("text", "image", "document", "search_result"))
                  : "";
          ask.toolOutputs.add(output);
          ask.count(output);
          any = true;
        }
      }
    }
    if (!open.isEmpty()) {
      throw unanswered(open);
    }
    if (!any) {
      ask.toolOutputs.clear();
    }
  }

  private static String content(Fields owner, String name, Set<String> types) {
    JsonNode content = owner.get(name);
    if (content.isString()) {
      return content.stringValue();
    }
    var text = new StringBuilder();
    for (Fields block : owner.some(name)) {
      switch (block.oneOf("type", types)) {
        case "text" -> {
          if (block.text("text").isEmpty()) {
            throw Refusal.invalid(block.at("text"), "text content blocks must be non-empty");
          }
          text.append(block.text("text"));
        }
        case "thinking" -> {
          block.text("thinking");
          block.text("signature");
        }
        case "image", "document" -> block.object("source").text("type");
        default -> {
          // Read where calls and their answers are.
        }
      }
    }
    return text.toString();
  }
}
