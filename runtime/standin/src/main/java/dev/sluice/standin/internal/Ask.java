package dev.sluice.standin.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.StringTokenizer;
import tools.jackson.databind.JsonNode;

/** Is what a request asks for, whatever its format. Belongs to its loop. */
final class Ask {
  /** A tool on offer, with the JSON schema of its arguments. */
  record Tool(String name, JsonNode schema) {}

  final Operation operation;
  String model;
  boolean stream;
  final boolean events;
  boolean includeUsage;
  boolean thinking;
  boolean parallel = true;

  /** {@code auto}, {@code none}, {@code any}, or the name of the tool to call. */
  String toolChoice = "auto";

  long maxTokens = Long.MAX_VALUE;
  int choices = 1;
  long promptTokens;
  String lastText = "";
  String system = "";
  final List<Tool> tools = new ArrayList<>();

  /** What tools returned since the model spoke last. */
  final List<String> toolOutputs = new ArrayList<>();

  Ask(Operation.Place place) {
    operation = place.operation();
    model = place.model();
    stream = place.stream();
    events = place.events();
  }

  /** Counts a word as a token. */
  void count(String text) {
    promptTokens += new StringTokenizer(text).countTokens();
  }
}
