package dev.sluice.ai.internal;

import dev.sluice.ai.AiLimits;
import dev.sluice.plugin.ai.Role;

/** Goes through the requests of Anthropic's API: messages and count_tokens. */
final class AnthropicWalk extends RequestWalk {
  AnthropicWalk(RequestFacts facts, AiLimits limits) {
    super(facts, limits);
  }

  @Override
  void field(String name, int node) {
    String place = Pointers.child("", name);
    switch (name) {
      case "model" -> {
        facts.modelNode = node;
        facts.model = tape.isString(node) ? tape.text(node) : "";
      }
      case "stream" -> facts.stream = tape.isTrue(node);
      case "system" -> {
        facts.system = node;
        each(place, node, (at, part) -> block(Role.SYSTEM, at, part));
      }
      case "messages" -> {
        facts.messages = node;
        each(place, node, this::message);
      }
      case "tools" ->
          each(
              place,
              node,
              (at, tool) ->
                  tool(at, tool, tape.string(tool, "name", tape.string(tool, "type", ""))));
      case "max_tokens" -> {
        facts.maxOutputTokens = tape.whole(node, facts.maxOutputTokens);
        parameter(name, node);
      }
      case "container" -> {
        if (!tape.isNull(node)) {
          elsewhere(place, "files that the provider keeps");
        }
      }
      case "stop_sequences",
          "metadata",
          "service_tier",
          "thinking",
          "tool_choice",
          "mcp_servers",
          "cache_control",
          "context_management",
          "anthropic_version",
          "inference_geo",
          "speed" ->
          parameter(name, node);
      case "output_config", "output_format" -> strings(Role.TOOL_DEFINITION, place, node);
      default -> other(name, node);
    }
  }

  private void message(String place, int node) {
    Role role = OpenAiWalk.role(tape.string(node, "role", "user"));
    if (!tape.isObject(node)) {
      strings(role, place, node);
      return;
    }
    for (int key = node + 1, end = tape.next(node); key < end; key = tape.next(key + 1)) {
      String name = tape.key(key);
      String at = Pointers.child(place, name);
      switch (name) {
        case "role" -> {}
        case "content" -> each(at, key + 1, (inner, part) -> block(role, inner, part));
        default -> strings(role, at, key + 1);
      }
    }
  }

  private void block(Role role, String place, int node) {
    if (!tape.isObject(node)) {
      strings(role, place, node);
      return;
    }
    String type = tape.string(node, "type", "");
    Role inner =
        switch (type) {
          case "tool_use", "server_tool_use", "mcp_tool_use" -> Role.TOOL_INPUT;
          default -> type.endsWith("tool_result") ? Role.TOOL_OUTPUT : role;
        };
    for (int key = node + 1, end = tape.next(node); key < end; key = tape.next(key + 1)) {
      String name = tape.key(key);
      int value = key + 1;
      String at = Pointers.child(place, name);
      switch (name) {
        case "type",
            "id",
            "name",
            "tool_use_id",
            "signature",
            "cache_control",
            "data",
            "encrypted_content",
            "encrypted_index" -> {}
        case "content" -> each(at, value, (below, part) -> block(inner, below, part));
        case "source" -> source(type, inner, at, value);
        default -> strings(inner, at, value);
      }
    }
  }

  /** Reads where a document or an image comes from: its bytes are carried, its text is read. */
  private void source(String block, Role role, String place, int node) {
    if (!tape.isObject(node)) {
      strings(role, place, node);
      return;
    }
    String type = tape.string(node, "type", "");
    for (int key = node + 1, end = tape.next(node); key < end; key = tape.next(key + 1)) {
      String name = tape.key(key);
      int value = key + 1;
      String at = Pointers.child(place, name);
      switch (name) {
        case "type", "media_type" -> {}
        case "data" -> {
          if (!type.equals("base64")) {
            strings(role, at, value);
          }
        }
        case "file_id" -> elsewhere(at, "a file that the provider keeps");
        case "url" -> {
          if (!block.equals("image")) {
            elsewhere(at, "a document that the provider fetches");
          }
        }
        case "content" -> each(at, value, (below, part) -> block(role, below, part));
        default -> strings(role, at, value);
      }
    }
  }
}
