package dev.sluice.ai.internal;

import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiProtocol;
import dev.sluice.plugin.ai.Role;
import java.nio.charset.StandardCharsets;

/** Adds a message to a request in its own format. */
final class RequestAppend {
  private final AiProtocol protocol;
  private final RequestFacts facts;
  private final JsonTape tape;
  private final Splices splices;

  private RequestAppend(AiProtocol protocol, RequestFacts facts, Splices splices) {
    this.protocol = protocol;
    this.facts = facts;
    this.tape = facts.tape;
    this.splices = splices;
  }

  static void add(
      AiProtocol protocol, RequestFacts facts, Role role, String text, Splices splices) {
    if (role != Role.SYSTEM && role != Role.USER && role != Role.ASSISTANT) {
      throw new IllegalArgumentException(
          "role: " + role + " (expected: SYSTEM, USER or ASSISTANT)");
    }
    if (facts.messages < 0) {
      throw new AiFormatException(
          AiFormatException.Kind.UNSUPPORTED,
          protocol.id() + ": no messages to add one to (expected: a conversation)");
    }
    new RequestAppend(protocol, facts, splices).add(role, text);
  }

  private void add(Role role, String text) {
    switch (protocol) {
      case OPENAI_CHAT -> element(facts.messages, openAi(role, text));
      case OPENAI_RESPONSES -> responses(role, text);
      case OPENAI_COMPLETIONS -> prompt(text);
      case ANTHROPIC_MESSAGES, ANTHROPIC_COUNT_TOKENS -> {
        if (role == Role.SYSTEM) {
          anthropicSystem(text);
        } else {
          element(facts.messages, openAi(role, text));
        }
      }
      case GEMINI_GENERATE, GEMINI_COUNT_TOKENS -> {
        if (role == Role.SYSTEM) {
          geminiSystem(text);
        } else {
          element(facts.messages, gemini(role == Role.ASSISTANT ? "model" : "user", text));
        }
      }
      default -> throw new IllegalStateException(protocol.id());
    }
  }

  private static String openAi(Role role, String text) {
    return new JsonWriter(text.length() + 64)
        .object()
        .field("role", role == Role.SYSTEM ? "system" : role == Role.USER ? "user" : "assistant")
        .field("content", text)
        .endObject()
        .toString();
  }

  private static String gemini(String role, String text) {
    return new JsonWriter(text.length() + 64)
        .object()
        .field("role", role)
        .array("parts")
        .object()
        .field("text", text)
        .endObject()
        .endArray()
        .endObject()
        .toString();
  }

  private void responses(Role role, String text) {
    if (tape.isArray(facts.messages)) {
      element(facts.messages, openAi(role, text));
      return;
    }
    String first = "{\"role\":\"user\",\"content\":" + tape.raw(facts.messages) + "},";
    replace(facts.messages, "[" + first + openAi(role, text) + "]");
  }

  private void prompt(String text) {
    if (tape.isString(facts.messages)) {
      suffix(facts.messages, "\n" + text);
      return;
    }
    for (int child = facts.messages + 1;
        child < tape.next(facts.messages);
        child = tape.next(child)) {
      if (!tape.isString(child)) {
        throw new AiFormatException(
            AiFormatException.Kind.UNSUPPORTED,
            "prompt: token ids, to which no text can be added (expected: text)");
      }
      suffix(child, "\n" + text);
    }
  }

  private void anthropicSystem(String text) {
    if (facts.system < 0) {
      insert(tape.start(0) + 1, "\"system\":" + quoted(text) + ",");
    } else if (tape.isString(facts.system)) {
      suffix(facts.system, "\n\n" + text);
    } else {
      element(facts.system, "{\"type\":\"text\",\"text\":" + quoted(text) + "}");
    }
  }

  private void geminiSystem(String text) {
    String part = "{\"text\":" + quoted(text) + "}";
    if (facts.system < 0) {
      insert(tape.start(0) + 1, "\"systemInstruction\":{\"parts\":[" + part + "]},");
      return;
    }
    int parts = tape.find(facts.system, "parts");
    if (tape.isArray(parts)) {
      element(parts, part);
    } else if (parts >= 0) {
      replace(parts, "[" + tape.raw(parts) + "," + part + "]");
    } else {
      replace(facts.system, "{\"parts\":[" + part + "]}");
    }
  }

  private static String quoted(String text) {
    return new String(JsonText.quote(text), StandardCharsets.UTF_8);
  }

  /** Adds an element to an array, or to a value that stands for an array of one. */
  private void element(int array, String json) {
    if (!tape.isArray(array)) {
      replace(array, "[" + tape.raw(array) + "," + json + "]");
      return;
    }
    boolean empty = tape.next(array) == array + 1;
    insert(tape.end(array) - 1, empty ? json : "," + json);
  }

  private void suffix(int string, String text) {
    String quoted = quoted(text);
    insert(tape.end(string) - 1, quoted.substring(1, quoted.length() - 1));
  }

  private void insert(int at, String json) {
    splices.replace(at, at, json.getBytes(StandardCharsets.UTF_8));
  }

  private void replace(int node, String json) {
    splices.replace(tape.start(node), tape.end(node), json.getBytes(StandardCharsets.UTF_8));
  }
}
