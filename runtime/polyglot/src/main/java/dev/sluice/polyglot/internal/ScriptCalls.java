package dev.sluice.polyglot.internal;

import dev.sluice.plugin.ai.AiEnd;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.AiExchange;
import dev.sluice.plugin.ai.AiRequest;
import dev.sluice.plugin.ai.Role;
import dev.sluice.plugin.ai.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes what scripts see of LLM calls, and does what they want done to them. Both go as JSON: the
 * preludes make objects of it and a list of edits.
 */
final class ScriptCalls {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private ScriptCalls() {}

  static byte[] request(AiRequest request) {
    var out = JSON.createObjectNode();
    out.put("protocol", request.protocol());
    out.put("model", request.model());
    out.put("stream", request.stream());
    out.put("consumer", request.consumer());
    out.put("estimatedPromptTokens", request.estimatedPromptTokens());
    request.maxOutputTokens().ifPresent(most -> out.put("maxOutputTokens", most));
    var segments = out.putArray("segments");
    for (var segment : request.segments()) {
      segments
          .addObject()
          .put("index", segment.index())
          .put("role", segment.role().name().toLowerCase(Locale.ROOT))
          .put("place", segment.place())
          .put("text", segment.text());
    }
    var tools = out.putArray("tools");
    request.tools().forEach(tools::add);
    var parameters = out.putObject("parameters");
    request.parameters().forEach(parameters::put);
    return JSON.writeValueAsBytes(out);
  }

  static byte[] event(AiEvent event) {
    var out = JSON.createObjectNode();
    switch (event) {
      case AiEvent.TextDelta(int choice, String place, String text) ->
          out.put("type", "text").put("choice", choice).put("place", place).put("text", text);
      case AiEvent.ToolCallDelta(int choice, int call, String name, String arguments) -> {
        out.put("type", "toolCall").put("choice", choice).put("call", call);
        if (name != null) {
          out.put("name", name);
        }
        out.put("arguments", arguments);
      }
      case AiEvent.Finish(int choice, String reason) ->
          out.put("type", "finish").put("choice", choice).put("reason", reason);
      case AiEvent.UsageReport(Usage usage) -> usage(out.put("type", "usage"), usage);
    }
    return JSON.writeValueAsBytes(out);
  }

  private static void usage(ObjectNode out, Usage usage) {
    out.put("input", usage.input()).put("cachedInput", usage.cachedInput());
    out.put("output", usage.output()).put("reasoning", usage.reasoning());
    out.put("estimated", usage.estimated()).put("cacheWrites", usage.cacheWrites());
  }

  static byte[] end(AiEnd end) {
    var out = JSON.createObjectNode();
    out.put("outcome", end.outcome().name().toLowerCase(Locale.ROOT));
    out.put("model", end.model()).put("provider", end.provider());
    usage(out.putObject("usage"), end.usage());
    return JSON.writeValueAsBytes(out);
  }

  /**
   * Does what a script wants, on the loop.
   *
   * @param edits a list of lists, each the name of an edit and its arguments
   * @throws IllegalArgumentException when one is not understood
   */
  static void apply(byte[] edits, AiExchange to) {
    JsonNode list;
    try {
      list = JSON.readTree(edits);
    } catch (JacksonException e) {
      throw new IllegalArgumentException("edits: " + e.getOriginalMessage());
    }
    for (var edit : list) {
      apply(edit, to);
    }
  }

  private static void apply(JsonNode edit, AiExchange to) {
    switch (edit.path(0).asString("")) {
      case "replace" -> {
        var request = asked(to);
        int index = edit.path(1).asInt(-1);
        var segments = request.segments();
        if (index < 0 || index >= segments.size()) {
          throw new IllegalArgumentException(
              "segment: " + index + " (expected: below " + segments.size() + ")");
        }
        request.replace(segments.get(index), edit.path(2).asString(""));
      }
      case "append" -> asked(to).appendMessage(role(edit), edit.path(2).asString(""));
      case "setModel" -> asked(to).setModel(edit.path(1).asString(""));
      case "replaceEvent" -> to.replaceEvent(events(edit.path(1)));
      case "emit" -> to.emit(events(edit.path(1)));
      case "refuse" ->
          to.refuse(
              edit.path(1).asInt(403), edit.path(2).asString("refused"), edit.path(3).asString(""));
      case "answer" -> to.answer(events(edit.path(1)));
      default -> throw new IllegalArgumentException("edit: " + edit);
    }
  }

  private static AiRequest asked(AiExchange ai) {
    var request = ai.request();
    if (request == null) {
      throw new IllegalArgumentException("the request has not been read yet");
    }
    return request;
  }

  private static Role role(JsonNode edit) {
    var name = edit.path(1).asString("");
    for (var role : Role.values()) {
      if (role.name().toLowerCase(Locale.ROOT).equals(name)) {
        return role;
      }
    }
    throw new IllegalArgumentException("role: " + name + " (expected: system, user, assistant, …)");
  }

  private static List<AiEvent> events(JsonNode list) {
    var events = new ArrayList<AiEvent>();
    for (var each : list) {
      events.add(event(each));
    }
    return events;
  }

  private static AiEvent event(JsonNode from) {
    int choice = from.path("choice").asInt(0);
    var type = from.path("type").asString("");
    return switch (type) {
      case "text" ->
          new AiEvent.TextDelta(
              choice, from.path("place").asString("answer"), from.path("text").asString(""));
      case "toolCall" ->
          new AiEvent.ToolCallDelta(
              choice,
              from.path("call").asInt(0),
              from.path("name").isString() ? from.path("name").asString() : null,
              from.path("arguments").asString(""));
      case "finish" -> new AiEvent.Finish(choice, from.path("reason").asString("stop"));
      case "usage" ->
          new AiEvent.UsageReport(
              new Usage(
                  from.path("input").asLong(0),
                  from.path("cachedInput").asLong(0),
                  from.path("output").asLong(0),
                  from.path("reasoning").asLong(0),
                  from.path("estimated").asBoolean(false),
                  from.path("cacheWrites").asLong(0)));
      default ->
          throw new IllegalArgumentException(
              "event of type " + type + " (expected: text, toolCall, finish or usage)");
    };
  }
}
