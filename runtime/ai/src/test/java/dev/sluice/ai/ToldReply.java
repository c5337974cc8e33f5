package dev.sluice.ai;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Is what a client reads out of a response, streamed or not: read here as the client's own
 * libraries do.
 */
final class ToldReply {
  String text = "";
  String thinking = "";
  final List<String> calls = new ArrayList<>();
  final List<String> ids = new ArrayList<>();
  String finish = "";
  String model = "";
  String order = "";
  long input = -1;
  long cached = -1;
  long output = -1;
  long reasoning = -1;

  /** Whether there is a block of text that Anthropic would not take back in the next turn. */
  boolean emptyBlock;

  @Nullable String error;

  static ToldReply read(String client, boolean stream, String body) {
    var told = new ToldReply();
    List<JsonNode> parts = stream ? Wire.frames(body) : List.of(Wire.JSON.readTree(body));
    switch (client) {
      case "openai.chat" -> told.chat(parts, stream);
      case "openai.responses" -> told.responses(parts, stream);
      case "anthropic.messages" -> told.messages(parts, stream);
      default -> told.gemini(parts);
    }
    return told;
  }

  private void text(String more) {
    text += more;
    order += order.endsWith("t") || more.isEmpty() ? "" : "t";
  }

  private void think(String more) {
    thinking += more;
    order += order.endsWith("r") || more.isEmpty() ? "" : "r";
  }

  private void called(String id, String name, String arguments) {
    ids.add(id);
    // What came of a call that was cut need not be JSON.
    calls.add(name + " " + (error == null ? Wire.JSON.readTree(arguments) : arguments));
    order += "c";
  }

  private void chat(List<JsonNode> parts, boolean stream) {
    Map<Integer, String[]> open = new LinkedHashMap<>();
    for (JsonNode part : parts) {
      model = part.path("model").asString(model);
      if (part.has("error")) {
        error = part.path("error").path("message").asString();
      }
      for (JsonNode choice : part.path("choices")) {
        JsonNode message = choice.path(stream ? "delta" : "message");
        think(message.path("reasoning_content").asString(""));
        text(message.path("content").asString(""));
        int position = 0;
        for (JsonNode call : message.path("tool_calls")) {
          JsonNode function = call.path("function");
          int index = call.path("index").asInt(position++);
          String[] one = open.computeIfAbsent(index, key -> new String[] {"", "", ""});
          one[0] += call.path("id").asString("");
          one[1] += function.path("name").asString("");
          one[2] += function.path("arguments").asString("");
        }
        finish = choice.path("finish_reason").asString(finish);
      }
      JsonNode usage = part.path("usage");
      if (usage.isObject()) {
        input = usage.path("prompt_tokens").asLong();
        cached = usage.path("prompt_tokens_details").path("cached_tokens").asLong(0);
        output = usage.path("completion_tokens").asLong();
        reasoning = usage.path("completion_tokens_details").path("reasoning_tokens").asLong(0);
      }
    }
    open.values().forEach(call -> called(call[0], call[1], call[2]));
  }

  private void responses(List<JsonNode> parts, boolean stream) {
    var streamed = new StringBuilder();
    for (JsonNode part : parts) {
      String type = part.path("type").asString("");
      if (type.equals("response.output_text.delta")) {
        streamed.append(part.path("delta").asString());
      } else if (type.equals("error")) {
        error = part.path("message").asString();
      }
      if (!stream || type.equals("response.completed") || type.equals("response.incomplete")) {
        response(stream ? part.path("response") : part);
      }
    }
    if (stream && error == null && !text.contentEquals(streamed)) {
      throw new AssertionError("the deltas say " + streamed + ", the response " + text);
    }
  }

  private void response(JsonNode response) {
    model = response.path("model").asString("");
    if (response.path("error").isObject()) {
      error = response.path("error").path("message").asString();
    }
    JsonNode reason = response.path("incomplete_details").path("reason");
    finish = reason.isString() ? reason.asString() : response.path("status").asString("");
    for (JsonNode item : response.path("output")) {
      switch (item.path("type").asString()) {
        case "message" -> item.path("content").forEach(c -> text(c.path("text").asString()));
        case "reasoning" -> item.path("summary").forEach(c -> think(c.path("text").asString()));
        default ->
            called(
                item.path("call_id").asString(),
                item.path("name").asString(),
                item.path("arguments").asString());
      }
    }
    JsonNode usage = response.path("usage");
    input = usage.path("input_tokens").asLong(-1);
    cached = usage.path("input_tokens_details").path("cached_tokens").asLong(-1);
    output = usage.path("output_tokens").asLong(-1);
    reasoning = usage.path("output_tokens_details").path("reasoning_tokens").asLong(-1);
  }

  private void messages(List<JsonNode> parts, boolean stream) {
    if (!stream) {
      JsonNode message = parts.getFirst();
      error = message.path("error").path("message").asString(null);
      model = message.path("model").asString("");
      message
          .path("content")
          .forEach(block -> block(block, block.has("input") ? block.get("input").toString() : ""));
      finish = message.path("stop_reason").asString("");
      usage(message.path("usage"));
      return;
    }
    Map<Integer, JsonNode> blocks = new LinkedHashMap<>();
    Map<Integer, StringBuilder> texts = new LinkedHashMap<>();
    for (JsonNode event : parts) {
      int index = event.path("index").asInt(-1);
      switch (event.path("type").asString()) {
        case "message_start" -> {
          model = event.path("message").path("model").asString("");
          usage(event.path("message").path("usage"));
          if (input <= 0) {
            throw new AssertionError("message_start has no usage: " + event);
          }
        }
        case "content_block_start" -> {
          if (blocks.put(index, event.path("content_block")) != null) {
            throw new AssertionError("block " + index + " begins twice");
          }
          texts.put(index, new StringBuilder());
        }
        case "content_block_delta" -> {
          JsonNode delta = event.path("delta");
          for (String name : new String[] {"text", "thinking", "partial_json"}) {
            java.util.Objects.requireNonNull(texts.get(index))
                .append(delta.path(name).asString(""));
          }
        }
        case "message_delta" -> {
          finish = event.path("delta").path("stop_reason").asString("");
          usage(event.path("usage"));
        }
        case "error" -> error = event.path("error").path("message").asString();
        default -> {
          // Ends and pings.
        }
      }
    }
    blocks.forEach((index, block) -> block(block, String.valueOf(texts.get(index))));
  }

  private void block(JsonNode block, String told) {
    switch (block.path("type").asString()) {
      case "text" -> {
        String whole = block.path("text").asString() + told;
        emptyBlock |= whole.isEmpty();
        text(whole);
      }
      case "thinking" -> think(block.path("thinking").asString() + told);
      default ->
          called(
              block.path("id").asString(),
              block.path("name").asString(),
              told.isEmpty() ? "{}" : told);
    }
  }

  private void usage(JsonNode usage) {
    if (usage.has("input_tokens")) {
      cached = usage.path("cache_read_input_tokens").asLong(0);
      input =
          usage.path("input_tokens").asLong()
              + cached
              + usage.path("cache_creation_input_tokens").asLong(0);
    }
    output = usage.path("output_tokens").asLong(output);
  }

  private void gemini(List<JsonNode> parts) {
    for (JsonNode part : parts) {
      model = part.path("modelVersion").asString(model);
      if (part.has("error")) {
        error = part.path("error").path("message").asString();
      }
      JsonNode candidate = part.path("candidates").path(0);
      for (JsonNode one : candidate.path("content").path("parts")) {
        if (one.has("functionCall")) {
          JsonNode call = one.path("functionCall");
          called(
              call.path("id").asString(""),
              call.path("name").asString(),
              call.path("args").toString());
        } else if (one.path("thought").asBoolean(false)) {
          think(one.path("text").asString());
        } else {
          text(one.path("text").asString(""));
        }
      }
      finish = candidate.path("finishReason").asString(finish);
      JsonNode usage = part.path("usageMetadata");
      if (usage.isObject()) {
        input = usage.path("promptTokenCount").asLong();
        cached = usage.path("cachedContentTokenCount").asLong(0);
        reasoning = usage.path("thoughtsTokenCount").asLong(0);
        output = usage.path("candidatesTokenCount").asLong(0) + reasoning;
      }
    }
  }
}
