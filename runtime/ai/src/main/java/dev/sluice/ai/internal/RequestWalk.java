package dev.sluice.ai.internal;

import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiLimits;
import dev.sluice.ai.AiProtocol;
import dev.sluice.ai.Concern;
import dev.sluice.plugin.ai.Role;

/**
 * Goes through a request and notes every text in it. What it does not know it takes for text: a
 * guard rather sees an identifier too many than a content part too few.
 */
abstract sealed class RequestWalk permits OpenAiWalk, AnthropicWalk, GeminiWalk {
  final JsonTape tape;
  final RequestFacts facts;
  private final AiLimits limits;

  RequestWalk(RequestFacts facts, AiLimits limits) {
    this.tape = facts.tape;
    this.facts = facts;
    this.limits = limits;
  }

  static RequestFacts read(AiProtocol protocol, JsonTape tape, AiLimits limits) {
    if (!tape.isObject(0)) {
      throw new AiFormatException(
          AiFormatException.Kind.MALFORMED, "the body is no JSON object (expected: an object)");
    }
    var facts = new RequestFacts(tape);
    String duplicate = tape.duplicate();
    if (duplicate != null) {
      facts.concern(Concern.Kind.DUPLICATE_KEY, duplicate, "the key stands twice in its object");
    }
    RequestWalk walk =
        switch (protocol.format()) {
          case OPENAI -> new OpenAiWalk(protocol, facts, limits);
          case ANTHROPIC -> new AnthropicWalk(facts, limits);
          case GEMINI -> new GeminiWalk(facts, limits);
        };
    for (int key = 1, end = tape.next(0); key < end; key = tape.next(key + 1)) {
      walk.field(tape.key(key), key + 1);
    }
    return facts;
  }

  /** Reads a field of the request. */
  abstract void field(String name, int node);

  /** Notes a scalar as a parameter, and the texts of anything else. */
  final void other(String name, int node) {
    switch (tape.kind(node)) {
      case JsonTape.STRING -> {
        facts.parameters.put(name, tape.text(node));
        facts.segment(Role.USER, Pointers.child("", name), node);
      }
      case JsonTape.OBJECT, JsonTape.ARRAY -> strings(Role.USER, Pointers.child("", name), node);
      default -> facts.parameters.put(name, tape.text(node));
    }
  }

  /** Notes a scalar as a parameter; anything else is not text either. */
  final void parameter(String name, int node) {
    if (!tape.isObject(node) && !tape.isArray(node) && !tape.isNull(node)) {
      facts.parameters.put(name, tape.text(node));
    }
  }

  /** Notes every string at and below a node. */
  final void strings(Role role, String place, int node) {
    switch (tape.kind(node)) {
      case JsonTape.STRING -> facts.segment(role, place, node);
      case JsonTape.OBJECT -> {
        for (int key = node + 1, end = tape.next(node); key < end; key = tape.next(key + 1)) {
          strings(role, Pointers.child(place, tape.key(key)), key + 1);
        }
      }
      case JsonTape.ARRAY -> {
        int index = 0;
        for (int child = node + 1, end = tape.next(node); child < end; child = tape.next(child)) {
          strings(role, Pointers.child(place, index++), child);
        }
      }
      default -> {}
    }
  }

  /** Calls for each element of an array, or for a value that is none. */
  final void each(String place, int node, Element element) {
    if (!tape.isArray(node)) {
      element.read(place, node);
      return;
    }
    int index = 0;
    for (int child = node + 1, end = tape.next(node); child < end; child = tape.next(child)) {
      element.read(Pointers.child(place, index++), child);
    }
  }

  /** Notes the names and texts of tools; {@code inner} holds what describes a tool, if not it. */
  final void tool(String place, int node, String name) {
    if (facts.tools.size() == limits.tools()) {
      throw new AiFormatException(
          AiFormatException.Kind.TOO_LARGE,
          "tools: over " + limits.tools() + " (expected: at most that)");
    }
    facts.tools.add(name);
    strings(Role.TOOL_DEFINITION, place, node);
  }

  final void elsewhere(String place, String what) {
    facts.concern(Concern.Kind.CONTENT_ELSEWHERE, place, what);
  }

  /** Reads something at a place. */
  interface Element {
    void read(String place, int node);
  }
}
