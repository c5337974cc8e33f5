package dev.sluice.ai.internal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Reads the requests of Gemini's generateContent and countTokens for a translation. */
final class GeminiReader extends ConversationReader {
  /** Gemini names a call only by its tool; the ids that others need are made here, in order. */
  private final Map<String, Deque<String>> calls = new HashMap<>();

  private int made;

  GeminiReader(JsonTape tape) {
    super(tape);
  }

  @Override
  void field(String name, int node) {
    switch (GeminiWalk.camel(name)) {
      case "model" -> {}
      case "contents" -> {
        if (tape.isArray(node)) {
          elements(node, name, this::content);
        } else {
          content(node);
        }
      }
      case "systemInstruction" -> system(node);
      case "generateContentRequest" -> fields(node, name, this::field);
      case "tools" -> elements(node, name, this::tools);
      case "toolConfig" -> fields(node, name, this::toolConfig);
      case "generationConfig" -> fields(node, name, this::config);
      case "safetySettings", "labels" -> leaveOut(name);
      default -> throw unknown(name);
    }
  }

  private void system(int node) {
    int parts = tape.find(node, "parts");
    elements(
        parts,
        "systemInstruction/parts",
        part -> to.system.add(required(part, "text", "systemInstruction/parts")));
  }

  private void content(int node) {
    String role = tape.string(node, "role", "user");
    boolean assistant = role.equals("model");
    if (!assistant && !role.equals("user") && !role.equals("function")) {
      throw unknown("contents: role \"" + role + "\"");
    }
    var parts = new ArrayList<Part>();
    elements(tape.find(node, "parts"), "contents/parts", part -> parts.add(part(part)));
    say(assistant, parts);
  }

  private int value(int object, String camel) {
    int found = -1;
    for (int key = object + 1, end = tape.next(object);
        tape.isObject(object) && key < end;
        key = tape.next(key + 1)) {
      if (GeminiWalk.camel(tape.key(key)).equals(camel)) {
        found = key + 1;
      }
    }
    return found;
  }

  private String textOf(int object, String camel, String place) {
    int node = value(object, camel);
    if (!tape.isString(node)) {
      throw malformed(place + "/" + camel, "a string");
    }
    return tape.text(node);
  }

  private Part part(int node) {
    String place = "contents/parts";
    int text = value(node, "text");
    if (tape.isString(text)) {
      if (tape.isTrue(tape.find(node, "thought"))) {
        int signature = value(node, "thoughtSignature");
        return new Part.Thinking(
            tape.text(text), tape.isString(signature) ? tape.text(signature) : null, null);
      }
      return new Part.Text(tape.text(text));
    }
    int inline = value(node, "inlineData");
    if (inline >= 0) {
      String type = textOf(inline, "mimeType", place + "/inlineData");
      return new Part.Media(
          kind(type), type, textOf(inline, "data", place + "/inlineData"), null, null);
    }
    int file = value(node, "fileData");
    if (file >= 0) {
      int type = value(file, "mimeType");
      String mediaType = tape.isString(type) ? tape.text(type) : "";
      String uri = textOf(file, "fileUri", place + "/fileData");
      return new Part.Media(kind(mediaType), mediaType, null, uri, null);
    }
    int call = value(node, "functionCall");
    if (call >= 0) {
      if (value(node, "thoughtSignature") >= 0) {
        leaveOut("thoughtSignature");
      }
      return call(call);
    }
    int response = value(node, "functionResponse");
    if (response >= 0) {
      return response(response);
    }
    throw unknown(
        place
            + ": "
            + (tape.isObject(node) && tape.length(node) > 0 ? tape.key(node + 1) : "part"));
  }

  private static String kind(String mediaType) {
    String type = mediaType.toLowerCase(Locale.ROOT);
    return type.startsWith("image/") ? "image" : type.startsWith("audio/") ? "audio" : "document";
  }

  private Part call(int node) {
    String name = required(node, "name", "contents/parts/functionCall");
    String id = tape.string(node, "id");
    if (id == null) {
      id = "call_" + ++made;
    }
    calls.computeIfAbsent(name, key -> new ArrayDeque<>()).add(id);
    int args = tape.find(node, "args");
    return new Part.ToolCall(id, name, args < 0 ? "{}" : tape.raw(args));
  }

  private Part response(int node) {
    String name = required(node, "name", "contents/parts/functionResponse");
    String id = tape.string(node, "id");
    Deque<String> open = calls.get(name);
    if (id == null) {
      if (open == null || open.isEmpty()) {
        throw malformed(
            "contents/parts/functionResponse", "a functionCall of \"" + name + "\" before");
      }
      id = open.removeFirst();
    } else if (open != null) {
      open.remove(id);
    }
    int response = tape.find(node, "response");
    var content = new ArrayList<Part>();
    int output =
        tape.isObject(response) && tape.length(response) == 1 ? tape.find(response, "result") : -1;
    if (output < 0 && tape.isObject(response) && tape.length(response) == 1) {
      output = tape.find(response, "output");
    }
    if (tape.isString(output)) {
      content.add(new Part.Text(tape.text(output)));
    } else if (response >= 0) {
      content.add(new Part.Text(tape.raw(response)));
    }
    boolean error = tape.isObject(response) && tape.find(response, "error") >= 0;
    return new Part.ToolResult(id, name, List.copyOf(content), error);
  }

  private void tools(int node) {
    fields(
        node,
        "tools",
        (name, value) -> {
          if (!GeminiWalk.camel(name).equals("functionDeclarations")) {
            throw unknown("tools/" + name);
          }
          elements(value, "tools/functionDeclarations", this::declaration);
        });
  }

  private void declaration(int node) {
    int schema = value(node, "parametersJsonSchema");
    int own = value(node, "parameters");
    String text = null;
    if (!tape.isNull(schema)) {
      text = tape.raw(schema);
    } else if (!tape.isNull(own)) {
      text = GeminiSchema.toJsonSchema(tape, own);
    }
    to.tools.add(
        new Conversation.Tool(
            required(node, "name", "tools/functionDeclarations"),
            tape.string(node, "description"),
            text,
            false));
  }

  private void toolConfig(String name, int node) {
    if (!GeminiWalk.camel(name).equals("functionCallingConfig")) {
      throw unknown("toolConfig/" + name);
    }
    int mode = value(node, "mode");
    String word = tape.isString(mode) ? tape.text(mode).toUpperCase(Locale.ROOT) : "AUTO";
    var allowed = new ArrayList<String>();
    int names = value(node, "allowedFunctionNames");
    if (!tape.isNull(names)) {
      strings(names, "toolConfig/allowedFunctionNames", allowed);
    }
    switch (word) {
      case "AUTO" -> to.toolChoice = "auto";
      case "NONE" -> to.toolChoice = "none";
      case "ANY" -> to.toolChoice = allowed.size() == 1 ? "named" : "required";
      default -> throw unknown("toolConfig/functionCallingConfig/mode: \"" + word + "\"");
    }
    if (allowed.size() > 1) {
      throw unknown("toolConfig/functionCallingConfig/allowedFunctionNames of several tools");
    }
    to.toolName = allowed.size() == 1 ? allowed.getFirst() : null;
  }

  private void config(String name, int node) {
    switch (GeminiWalk.camel(name)) {
      case "maxOutputTokens" -> to.maxTokens = whole(node, name);
      case "temperature" -> to.temperature = number(node, name);
      case "topP" -> to.topP = number(node, name);
      case "topK" -> to.topK = number(node, name);
      case "seed" -> to.seed = number(node, name);
      case "presencePenalty" -> to.presencePenalty = number(node, name);
      case "frequencyPenalty" -> to.frequencyPenalty = number(node, name);
      case "candidateCount" -> to.choices = whole(node, name);
      case "stopSequences" -> strings(node, name, to.stop);
      case "responseMimeType" -> mimeType(text(node, name));
      case "responseSchema" -> {
        to.schema = GeminiSchema.toJsonSchema(tape, node);
        to.schemaName = "answer";
      }
      case "responseJsonSchema" -> {
        to.schema = tape.raw(node);
        to.schemaName = "answer";
      }
      case "thinkingConfig" -> fields(node, name, this::thinking);
      default -> throw unknown("generationConfig/" + name);
    }
    if (to.schema != null) {
      to.responseFormat = "schema";
    }
  }

  private void mimeType(String type) {
    if (type.equals("application/json")) {
      to.responseFormat = to.schema == null ? "json" : "schema";
    } else if (!type.equals("text/plain")) {
      throw unknown("generationConfig/responseMimeType: \"" + type + "\"");
    }
  }

  private void thinking(String name, int node) {
    switch (GeminiWalk.camel(name)) {
      case "thinkingBudget" -> {
        number(node, name);
        // -1 lets the model decide, which is what not saying it means elsewhere.
        to.thinkingBudget = tape.whole(node, -1);
      }
      case "includeThoughts" -> to.includeThoughts = tape.isTrue(node);
      case "thinkingLevel" -> to.effort = text(node, name).toLowerCase(Locale.ROOT);
      default -> throw unknown("generationConfig/thinkingConfig/" + name);
    }
  }
}
