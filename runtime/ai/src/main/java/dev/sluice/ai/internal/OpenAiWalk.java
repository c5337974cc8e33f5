package dev.sluice.ai.internal;

import dev.sluice.ai.AiLimits;
import dev.sluice.ai.AiProtocol;
import dev.sluice.ai.Concern;
import dev.sluice.plugin.ai.Role;

/**
 * Goes through the requests of OpenAI's API: chat, completions, responses, embeddings, moderations.
 */
final class OpenAiWalk extends RequestWalk {
  private final AiProtocol protocol;

  OpenAiWalk(AiProtocol protocol, RequestFacts facts, AiLimits limits) {
    super(facts, limits);
    this.protocol = protocol;
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
      case "stream_options" -> {
        facts.streamOptions = node;
        facts.includeUsage = tape.isTrue(tape.find(node, "include_usage"));
      }
      case "messages" -> {
        facts.messages = node;
        each(place, node, this::message);
      }
      case "input" -> input(place, node);
      case "prompt" -> prompt(place, node);
      case "instructions" -> {
        facts.system = node;
        strings(Role.SYSTEM, place, node);
      }
      case "tools", "functions" -> each(place, node, this::toolEntry);
      case "max_tokens", "max_completion_tokens", "max_output_tokens" -> {
        facts.maxOutputTokens = tape.whole(node, facts.maxOutputTokens);
        parameter(name, node);
      }
      case "previous_response_id", "conversation" -> {
        if (!tape.isNull(node)) {
          elsewhere(place, "earlier turns are kept by the provider");
        }
      }
      case "stop",
          "user",
          "safety_identifier",
          "prompt_cache_key",
          "service_tier",
          "reasoning_effort",
          "encoding_format",
          "verbosity",
          "truncation",
          "prompt_cache_retention",
          "metadata",
          "logit_bias",
          "modalities",
          "audio",
          "tool_choice",
          "function_call",
          "reasoning",
          "include" ->
          parameter(name, node);
      case "response_format", "text" -> strings(Role.TOOL_DEFINITION, place, node);
      case "suffix" -> strings(Role.USER, place, node);
      case "prediction" -> strings(Role.ASSISTANT, place, node);
      default -> other(name, node);
    }
  }

  private void toolEntry(String place, int node) {
    int function = tape.find(node, "function");
    String name = tape.string(function < 0 ? node : function, "name");
    tool(place, node, name == null ? tape.string(node, "type", "") : name);
  }

  private void prompt(String place, int node) {
    if (protocol == AiProtocol.OPENAI_RESPONSES) {
      if (tape.isObject(node)) {
        elsewhere(place, "the prompt is kept by the provider");
      }
      strings(Role.USER, place, node);
      return;
    }
    facts.messages = node;
    texts(place, node);
  }

  private void input(String place, int node) {
    if (protocol == AiProtocol.OPENAI_RESPONSES) {
      facts.messages = node;
      each(place, node, this::item);
    } else if (protocol == AiProtocol.OPENAI_EMBEDDINGS) {
      texts(place, node);
    } else {
      each(place, node, (at, part) -> part(Role.USER, at, part));
    }
  }

  /** Reads a text, a list of texts, or token ids, which are text that nobody here can read. */
  private void texts(String place, int node) {
    boolean ids = false;
    if (tape.isArray(node) && tape.length(node) > 0) {
      int first = node + 1;
      ids =
          tape.kind(first) == JsonTape.NUMBER
              || (tape.isArray(first)
                  && tape.length(first) > 0
                  && tape.kind(first + 1) == JsonTape.NUMBER);
    }
    if (ids) {
      facts.concern(Concern.Kind.OPAQUE_CONTENT, place, "token ids in place of text");
    }
    strings(Role.USER, place, node);
  }

  /** Reads an item of a Responses input: a message, a call, the output of a call, reasoning. */
  private void item(String place, int node) {
    if (!tape.isObject(node)) {
      strings(Role.USER, place, node);
      return;
    }
    switch (tape.string(node, "type", "message")) {
      case "function_call_output", "custom_tool_call_output", "computer_call_output" ->
          fields(Role.TOOL_OUTPUT, place, node);
      case "function_call", "custom_tool_call" -> fields(Role.TOOL_INPUT, place, node);
      case "item_reference" -> elsewhere(place, "an item that the provider keeps");
      case "reasoning" -> fields(Role.ASSISTANT, place, node);
      default -> message(place, node);
    }
  }

  private void message(String place, int node) {
    Role role = role(tape.string(node, "role", "user"));
    if (!tape.isObject(node)) {
      strings(role, place, node);
    } else {
      fields(role, place, node);
    }
  }

  private void fields(Role role, String place, int node) {
    for (int key = node + 1, end = tape.next(node); key < end; key = tape.next(key + 1)) {
      String name = tape.key(key);
      int value = key + 1;
      String at = Pointers.child(place, name);
      switch (name) {
        case "role", "name", "id", "type", "status", "tool_call_id", "call_id" -> {}
        case "content", "output", "summary" ->
            each(at, value, (inner, part) -> part(role, inner, part));
        case "tool_calls" -> each(at, value, this::call);
        case "function_call" -> call(at, value);
        case "arguments" -> strings(Role.TOOL_INPUT, at, value);
        case "encrypted_content" -> {}
        case "audio" -> {
          if (tape.find(value, "id") >= 0) {
            elsewhere(at, "audio that the provider keeps");
          }
        }
        default -> strings(role, at, value);
      }
    }
  }

  private void call(String place, int node) {
    if (!tape.isObject(node)) {
      strings(Role.TOOL_INPUT, place, node);
      return;
    }
    for (int key = node + 1, end = tape.next(node); key < end; key = tape.next(key + 1)) {
      String name = tape.key(key);
      switch (name) {
        case "id", "type", "name", "index" -> {}
        case "function", "custom" -> call(Pointers.child(place, name), key + 1);
        default -> strings(Role.TOOL_INPUT, Pointers.child(place, name), key + 1);
      }
    }
  }

  private void part(Role role, String place, int node) {
    if (!tape.isObject(node)) {
      strings(role, place, node);
      return;
    }
    for (int key = node + 1, end = tape.next(node); key < end; key = tape.next(key + 1)) {
      String name = tape.key(key);
      int value = key + 1;
      String at = Pointers.child(place, name);
      switch (name) {
        case "type", "detail", "id", "image_url", "input_audio", "file_data", "cache_control" -> {}
        case "file_id" -> elsewhere(at, "a file that the provider keeps");
        case "file_url" -> elsewhere(at, "a file that the provider fetches");
        case "file" -> part(role, at, value);
        default -> strings(role, at, value);
      }
    }
  }

  static Role role(String name) {
    return switch (name) {
      case "system", "developer" -> Role.SYSTEM;
      case "assistant", "model" -> Role.ASSISTANT;
      case "tool", "function" -> Role.TOOL_OUTPUT;
      default -> Role.USER;
    };
  }
}
