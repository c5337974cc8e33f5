package dev.sluice.standin.internal;

import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Reads Gemini's generateContent and countTokens, as strictly as it does. */
final class GeminiRequests {
  private static final Set<String> FIELDS =
      Set.of(
          "contents",
          "systemInstruction",
          "system_instruction",
          "tools",
          "toolConfig",
          "tool_config",
          "generationConfig",
          "generation_config",
          "safetySettings",
          "safety_settings",
          "cachedContent",
          "labels",
          "model");
  private static final Set<String> PARTS =
      Set.of(
          "text",
          "thought",
          "thoughtSignature",
          "inlineData",
          "inline_data",
          "fileData",
          "file_data",
          "functionCall",
          "functionResponse",
          "function_call",
          "function_response",
          "executableCode",
          "codeExecutionResult",
          "videoMetadata");
  private static final Set<String> CONFIG =
      Set.of(
          "temperature",
          "topP",
          "topK",
          "candidateCount",
          "maxOutputTokens",
          "stopSequences",
          "responseMimeType",
          "responseSchema",
          "responseJsonSchema",
          "seed",
          "presencePenalty",
          "frequencyPenalty",
          "responseLogprobs",
          "logprobs",
          "thinkingConfig",
          "responseModalities",
          "speechConfig",
          "mediaResolution",
          "enableEnhancedCivicAnswers",
          "imageConfig");
  private static final Set<String> SCHEMA =
      Set.of(
          "type",
          "format",
          "title",
          "description",
          "nullable",
          "enum",
          "maxItems",
          "minItems",
          "properties",
          "required",
          "minProperties",
          "maxProperties",
          "minLength",
          "maxLength",
          "pattern",
          "example",
          "anyOf",
          "propertyOrdering",
          "default",
          "items",
          "minimum",
          "maximum");

  private GeminiRequests() {}

  static void read(Fields body, Ask ask) {
    Fields request = Fields.of(CamelCase.of(body.node()), "");
    if (ask.operation == Operation.GEMINI_COUNT && request.has("generateContentRequest")) {
      request = request.object("generateContentRequest");
    }
    known(request, FIELDS);
    ask.includeUsage = true;
    system(request, ask);
    contents(request, ask);
    config(request, ask);
    for (Fields tool : request.objects("tools")) {
      for (Fields declared : tool.objects("functionDeclarations")) {
        known(
            declared,
            Set.of(
                "name",
                "description",
                "parameters",
                "parametersJsonSchema",
                "response",
                "responseJsonSchema",
                "behavior"));
        JsonNode schema = declared.get("parametersJsonSchema");
        if (declared.has("parameters")) {
          schema(declared.object("parameters"));
          schema = declared.get("parameters");
        }
        ask.tools.add(new Ask.Tool(declared.toolName("name"), schema));
      }
    }
    choice(request, ask);
  }

  /** The real one names the field and where it stands. */
  private static void known(Fields fields, Set<String> names) {
    for (String name : fields.node().propertyNames()) {
      if (!names.contains(name)) {
        throw Refusal.invalid(
            fields.at(name),
            "Invalid JSON payload received. Unknown name \"%s\" at '%s': Cannot find field."
                .formatted(name, fields.place()));
      }
    }
  }

  private static void schema(Fields schema) {
    known(schema, SCHEMA);
    if (schema.has("properties")) {
      Fields properties = schema.object("properties");
      for (String name : properties.node().propertyNames()) {
        schema(properties.object(name));
      }
    }
    if (schema.has("items")) {
      schema(schema.object("items"));
    }
    for (Fields alternative : schema.objects("anyOf")) {
      schema(alternative);
    }
    if (schema.get("type").isArray()) {
      throw Refusal.invalid(schema.at("type"), "Proto field is not repeating, cannot start list.");
    }
  }

  private static void system(Fields body, Ask ask) {
    String name = "systemInstruction";
    if (!body.has(name)) {
      return;
    }
    Fields instruction = body.object(name);
    known(instruction, Set.of("role", "parts"));
    if (instruction.get("parts").isObject()) {
      ask.system = instruction.object("parts").text("text");
    } else {
      for (Fields part : instruction.some("parts")) {
        ask.system += part.text("text");
      }
    }
    ask.count(ask.system);
  }

  private static void contents(Fields body, Ask ask) {
    int calls = 0;
    for (Fields content : body.some("contents")) {
      known(content, Set.of("role", "parts"));
      String role =
          content.has("role") ? content.oneOf("role", Set.of("user", "model", "function")) : "user";
      int called = 0;
      int answered = 0;
      var text = new StringBuilder();
      ask.toolOutputs.clear();
      for (Fields part : content.some("parts")) {
        known(part, PARTS);
        if (part.has("text")) {
          if (!part.flag("thought", false)) {
            text.append(part.text("text"));
          }
        } else if (part.has("functionCall")) {
          part.object("functionCall").toolName("name");
          called++;
        } else if (part.has("functionResponse")) {
          Fields response = part.object("functionResponse");
          response.toolName("name");
          String output = output(response.object("response"));
          ask.toolOutputs.add(output);
          ask.count(output);
          answered++;
        } else if (part.node().isEmpty()) {
          throw Refusal.invalid(
              part.at("data"), "Unable to submit request because it must have a field set.");
        }
      }
      if (answered != calls) {
        throw Refusal.invalid(
            "contents",
            "Please ensure that the number of function response parts is equal to the number of"
                + " function call parts of the function call turn.");
      }
      calls = called;
      ask.count(text.toString());
      if (!role.equals("model") && !text.isEmpty()) {
        ask.lastText = text.toString();
      }
    }
  }

  private static String output(Fields response) {
    for (String name : new String[] {"result", "output", "error", "content"}) {
      if (response.has(name)) {
        JsonNode value = response.get(name);
        return value.isString() ? value.stringValue() : value.toString();
      }
    }
    return response.node().toString();
  }

  private static void config(Fields body, Ask ask) {
    String name = "generationConfig";
    if (!body.has(name)) {
      return;
    }
    Fields config = body.object(name);
    known(config, CONFIG);
    ask.maxTokens = config.count("maxOutputTokens", Long.MAX_VALUE, 1);
    ask.choices = (int) config.count("candidateCount", 1, 1);
    if (config.has("thinkingConfig")) {
      Fields thinking = config.object("thinkingConfig");
      known(thinking, Set.of("includeThoughts", "thinkingBudget", "thinkingLevel"));
      ask.thinking =
          thinking.flag("includeThoughts", false) && thinking.count("thinkingBudget", 1, -1) != 0;
    }
  }

  private static void choice(Fields body, Ask ask) {
    String name = "toolConfig";
    if (!body.has(name) || !body.object(name).has("functionCallingConfig")) {
      return;
    }
    Fields config = body.object(name).object("functionCallingConfig");
    String mode =
        config.has("mode")
            ? config.oneOf("mode", Set.of("AUTO", "ANY", "NONE", "VALIDATED", "MODE_UNSPECIFIED"))
            : "AUTO";
    JsonNode names = config.get("allowedFunctionNames");
    ask.toolChoice =
        switch (mode) {
          case "ANY" -> names.size() == 1 ? names.get(0).asString() : "any";
          case "NONE" -> "none";
          default -> "auto";
        };
  }
}
