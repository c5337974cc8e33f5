package dev.sluice.ai.internal;

import dev.sluice.ai.AiLimits;
import dev.sluice.plugin.ai.Role;

/**
 * Goes through the requests of Gemini's API: generateContent and countTokens. Its keys may be
 * written with or without underscores, as protobuf's JSON allows.
 */
final class GeminiWalk extends RequestWalk {
  GeminiWalk(RequestFacts facts, AiLimits limits) {
    super(facts, limits);
  }

  /** Returns a key in the form without underscores. */
  static String camel(String key) {
    if (key.indexOf('_') < 0) {
      return key;
    }
    var camel = new StringBuilder(key.length());
    boolean upper = false;
    for (int i = 0; i < key.length(); i++) {
      char c = key.charAt(i);
      if (c == '_') {
        upper = true;
      } else {
        camel.append(upper ? Character.toUpperCase(c) : c);
        upper = false;
      }
    }
    return camel.toString();
  }

  @Override
  void field(String name, int node) {
    String place = Pointers.child("", name);
    switch (camel(name)) {
      case "model" -> facts.modelNode = node;
      case "contents" -> {
        facts.messages = node;
        each(place, node, this::content);
      }
      case "systemInstruction" -> {
        facts.system = node;
        content(place, node, Role.SYSTEM);
      }
      case "generateContentRequest" -> {
        for (int key = node + 1, end = tape.next(node);
            tape.isObject(node) && key < end;
            key = tape.next(key + 1)) {
          nested(place, tape.key(key), key + 1);
        }
      }
      case "tools" -> each(place, node, this::toolEntry);
      case "generationConfig" -> config(place, node);
      case "cachedContent" -> elsewhere(place, "earlier turns are kept by the provider");
      case "toolConfig", "safetySettings", "labels" -> {}
      default -> other(name, node);
    }
  }

  /** Reads a field of the request that a countTokens request holds. */
  private void nested(String place, String name, int node) {
    String at = Pointers.child(place, name);
    switch (camel(name)) {
      case "contents" -> each(at, node, this::content);
      case "systemInstruction" -> content(at, node, Role.SYSTEM);
      case "tools" -> each(at, node, this::toolEntry);
      case "cachedContent" -> elsewhere(at, "earlier turns are kept by the provider");
      case "model", "toolConfig", "safetySettings" -> {}
      default -> strings(Role.USER, at, node);
    }
  }

  private void config(String place, int node) {
    for (int key = node + 1, end = tape.next(node);
        tape.isObject(node) && key < end;
        key = tape.next(key + 1)) {
      String name = tape.key(key);
      switch (camel(name)) {
        case "maxOutputTokens" -> {
          facts.maxOutputTokens = tape.whole(key + 1, facts.maxOutputTokens);
          parameter(name, key + 1);
        }
        case "responseSchema", "responseJsonSchema" ->
            strings(Role.TOOL_DEFINITION, Pointers.child(place, name), key + 1);
        default -> parameter(name, key + 1);
      }
    }
  }

  private void toolEntry(String place, int node) {
    boolean declared = false;
    for (int key = node + 1, end = tape.next(node);
        tape.isObject(node) && key < end;
        key = tape.next(key + 1)) {
      String name = tape.key(key);
      if (camel(name).equals("functionDeclarations")) {
        declared = true;
        each(
            Pointers.child(place, name),
            key + 1,
            (at, function) -> tool(at, function, tape.string(function, "name", "")));
      }
    }
    if (!declared) {
      tool(place, node, tape.isObject(node) && tape.length(node) > 0 ? tape.key(node + 1) : "");
    }
  }

  private void content(String place, int node) {
    content(place, node, OpenAiWalk.role(tape.string(node, "role", "user")));
  }

  private void content(String place, int node, Role role) {
    if (!tape.isObject(node)) {
      strings(role, place, node);
      return;
    }
    for (int key = node + 1, end = tape.next(node); key < end; key = tape.next(key + 1)) {
      String name = tape.key(key);
      String at = Pointers.child(place, name);
      switch (name) {
        case "role" -> {}
        case "parts" -> each(at, key + 1, (inner, part) -> part(role, inner, part));
        default -> strings(role, at, key + 1);
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
      switch (camel(name)) {
        case "inlineData", "thoughtSignature", "videoMetadata" -> {}
        case "fileData" -> elsewhere(at, "a file that the provider fetches");
        case "functionCall" -> named(Role.TOOL_INPUT, at, value);
        case "functionResponse" -> named(Role.TOOL_OUTPUT, at, value);
        default -> strings(role, at, value);
      }
    }
  }

  private void named(Role role, String place, int node) {
    for (int key = node + 1, end = tape.next(node);
        tape.isObject(node) && key < end;
        key = tape.next(key + 1)) {
      String name = tape.key(key);
      if (!name.equals("name") && !name.equals("id")) {
        strings(role, Pointers.child(place, name), key + 1);
      }
    }
  }
}
