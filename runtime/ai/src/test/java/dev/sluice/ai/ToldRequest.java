package dev.sluice.ai;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * Is what a request tells a provider, in words of no format: read from its JSON here, by the
 * provider's own documentation, so that a translation is not its own witness.
 *
 * @param said who said what, in order
 * @param tools the tools on offer: name, description and schema
 * @param settings what else is asked for
 */
record ToldRequest(List<String> said, List<String> tools, Map<String, String> settings) {
  private static final JsonNode NONE = Wire.JSON.createArrayNode();

  static ToldRequest read(AiProtocol protocol, JsonNode body) {
    var told = new ToldRequest(new ArrayList<>(), new ArrayList<>(), new TreeMap<>());
    switch (protocol) {
      case OPENAI_CHAT -> told.chat(body);
      case ANTHROPIC_MESSAGES -> told.messages(body);
      case GEMINI_GENERATE -> told.gemini(body);
      default -> throw new IllegalArgumentException(protocol.id());
    }
    return told;
  }

  private void set(String name, JsonNode value) {
    if (!value.isMissingNode()) {
      settings.put(name, value.isString() ? value.stringValue() : value.toString());
    }
  }

  private void tool(JsonNode name, JsonNode description, JsonNode schema) {
    boolean none = schema.isMissingNode() || schema.path("properties").isEmpty();
    tools.add(
        name.asString()
            + " "
            + description.asString("")
            + " "
            + (none ? "none" : schema.toString()));
  }

  private void chat(JsonNode body) {
    for (JsonNode message : body.path("messages")) {
      String role = message.path("role").asString();
      JsonNode content = message.path("content");
      if (role.equals("tool")) {
        said.add(
            "output of " + message.path("tool_call_id").asString() + ": " + content.asString());
        continue;
      }
      if (content.isString()) {
        said.add(role + ": " + content.stringValue());
      }
      for (JsonNode part : content.isArray() ? content : NONE) {
        said.add(
            role
                + ": "
                + (part.path("type").asString().equals("text")
                    ? part.path("text").asString()
                    : part.path("image_url").path("url").asString()));
      }
      for (JsonNode call : message.path("tool_calls")) {
        JsonNode function = call.path("function");
        said.add(
            call(
                call.path("id"),
                function.path("name"),
                Wire.JSON.readTree(function.path("arguments").asString())));
      }
    }
    for (JsonNode tool : body.path("tools")) {
      JsonNode function = tool.path("function");
      tool(function.path("name"), function.path("description"), function.path("parameters"));
    }
    set(
        "max",
        body.has("max_tokens") ? body.path("max_tokens") : body.path("max_completion_tokens"));
    set("temperature", body.path("temperature"));
    set("top_p", body.path("top_p"));
    set("stop", body.path("stop"));
    set("stream", body.path("stream"));
    set("user", body.path("user"));
    JsonNode choice = body.path("tool_choice");
    set("choice", choice.isObject() ? choice.path("function").path("name") : choice);
    set("parallel", body.path("parallel_tool_calls"));
    set("effort", body.path("reasoning_effort"));
    set("schema", body.path("response_format").path("json_schema").path("schema"));
  }

  private static String call(JsonNode id, JsonNode name, JsonNode arguments) {
    return "call " + id.asString("") + " of " + name.asString() + " " + arguments;
  }

  private void messages(JsonNode body) {
    if (body.path("system").isString()) {
      said.add("system: " + body.path("system").stringValue());
    }
    for (JsonNode message : body.path("messages")) {
      String role = message.path("role").asString();
      JsonNode content = message.path("content");
      if (content.isString()) {
        said.add(role + ": " + content.stringValue());
      }
      for (JsonNode block : content.isArray() ? content : NONE) {
        said.add(
            switch (block.path("type").asString()) {
              case "text" -> role + ": " + block.path("text").asString();
              case "image" ->
                  role
                      + ": data:"
                      + block.path("source").path("media_type").asString()
                      + ";base64,"
                      + block.path("source").path("data").asString();
              case "tool_use" -> call(block.path("id"), block.path("name"), block.path("input"));
              case "tool_result" ->
                  "output of "
                      + block.path("tool_use_id").asString()
                      + ": "
                      + block.path("content").path(0).path("text").asString();
              default -> block.toString();
            });
      }
    }
    for (JsonNode tool : body.path("tools")) {
      tool(tool.path("name"), tool.path("description"), tool.path("input_schema"));
    }
    set("max", body.path("max_tokens"));
    set("temperature", body.path("temperature"));
    set("top_p", body.path("top_p"));
    set("stop", body.path("stop_sequences"));
    set("stream", body.path("stream"));
    set("user", body.path("metadata").path("user_id"));
    JsonNode choice = body.path("tool_choice");
    set("choice", choice.has("name") ? choice.path("name") : choice.path("type"));
    settings.computeIfPresent("choice", (key, word) -> word.equals("any") ? "required" : word);
    if (choice.path("disable_parallel_tool_use").asBoolean(false)) {
      settings.put("parallel", "false");
    }
    set("thinking", body.path("thinking").path("budget_tokens"));
    set("schema", body.path("output_config").path("format").path("schema"));
  }

  private void gemini(JsonNode body) {
    for (JsonNode part : body.path("systemInstruction").path("parts")) {
      said.add("system: " + part.path("text").asString());
    }
    for (JsonNode content : body.path("contents")) {
      String role = content.path("role").asString().equals("model") ? "assistant" : "user";
      for (JsonNode part : content.path("parts")) {
        if (part.has("functionCall")) {
          JsonNode call = part.path("functionCall");
          said.add(call(call.path("id"), call.path("name"), call.path("args")));
        } else if (part.has("functionResponse")) {
          JsonNode response = part.path("functionResponse");
          JsonNode output = response.path("response").path("result");
          said.add("output of " + response.path("name").asString() + ": " + output.asString());
        } else if (part.has("inlineData")) {
          JsonNode data = part.path("inlineData");
          said.add(
              role
                  + ": data:"
                  + data.path("mimeType").asString()
                  + ";base64,"
                  + data.path("data").asString());
        } else {
          said.add(role + ": " + part.path("text").asString());
        }
      }
    }
    for (JsonNode tool : body.path("tools").path(0).path("functionDeclarations")) {
      tool(tool.path("name"), tool.path("description"), tool.path("parametersJsonSchema"));
    }
    JsonNode config = body.path("generationConfig");
    set("max", config.path("maxOutputTokens"));
    set("temperature", config.path("temperature"));
    set("top_p", config.path("topP"));
    set("stop", config.path("stopSequences"));
    set("thinking", config.path("thinkingConfig").path("thinkingBudget"));
    set("thoughts", config.path("thinkingConfig").path("includeThoughts"));
    set("schema", config.path("responseJsonSchema"));
    JsonNode calling = body.path("toolConfig").path("functionCallingConfig");
    if (calling.has("allowedFunctionNames")) {
      set("choice", calling.path("allowedFunctionNames").path(0));
    } else if (calling.has("mode")) {
      var words = new LinkedHashMap<>(Map.of("AUTO", "auto", "NONE", "none", "ANY", "required"));
      settings.put("choice", String.valueOf(words.get(calling.path("mode").asString())));
    }
  }
}
