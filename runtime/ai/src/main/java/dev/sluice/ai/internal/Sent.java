package dev.sluice.ai.internal;

import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.Usage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Collects an answer: its texts and tool calls in order, by choice. One thread. */
final class Sent {
  String id = "";
  String model = "";
  @Nullable Usage usage;
  final Map<Integer, Choice> choices = new TreeMap<>();

  /** Is one choice. */
  static final class Choice {
    final List<Block> blocks = new ArrayList<>();
    final Map<Integer, Block> calls = new HashMap<>();
    String finish = "stop";
  }

  /** Is a text, a tool call or a proof of thought. */
  static final class Block {
    /** Is a text's place, {@code call} or {@code redacted}. */
    final String kind;

    final StringBuilder text = new StringBuilder();
    final int call;
    String id = "";
    String name = "";
    @Nullable String signature;

    Block(String kind, int call) {
      this.kind = kind;
      this.call = call;
    }
  }

  Choice choice(int index) {
    return choices.computeIfAbsent(index, key -> new Choice());
  }

  /** Adds what a reply says. */
  void add(Reply reply) {
    switch (reply) {
      case Reply.Started(String startedId, String startedModel) -> {
        id = startedId;
        model = startedModel;
        choice(0);
      }
      case Reply.Delta delta -> add(delta.event(), delta.id());
      case Reply.Signed(String signature, String redacted) -> signed(signature, redacted);
      case Reply.Echo echo -> {}
      case Reply.Ended ended -> {}
      case Reply.Failed failed -> {}
    }
  }

  private void add(AiEvent event, @Nullable String callId) {
    switch (event) {
      case AiEvent.TextDelta(int choice, String place, String text) -> {
        if (!text.isEmpty()) {
          block(choice, place, -1).text.append(text);
        }
      }
      case AiEvent.ToolCallDelta(int choice, int call, String name, String arguments) -> {
        Block block = block(choice, "call", call);
        if (name != null) {
          block.name = name;
        }
        if (callId != null) {
          block.id = callId;
        } else if (block.id.isEmpty()) {
          block.id = AnswerFacts.callId(id, choice, call);
        }
        block.text.append(arguments);
      }
      case AiEvent.Finish(int choice, String reason) -> choice(choice).finish = reason;
      case AiEvent.UsageReport(Usage report) -> usage = report;
    }
  }

  private void signed(@Nullable String signature, @Nullable String redacted) {
    if (redacted != null) {
      var block = new Block("redacted", -1);
      block.text.append(redacted);
      choice(0).blocks.add(block);
    } else {
      block(0, ReplyReader.REASONING, -1).signature = signature;
    }
  }

  private Block block(int index, String kind, int call) {
    List<Block> blocks = choice(index).blocks;
    if (call >= 0) {
      Block known = choice(index).calls.get(call);
      if (known != null) {
        return known;
      }
    } else if (!blocks.isEmpty() && blocks.getLast().kind.equals(kind)) {
      return blocks.getLast();
    }
    var block = new Block(kind, call);
    blocks.add(block);
    if (call >= 0) {
      choice(index).calls.put(call, block);
    }
    return block;
  }

  /** Returns the texts of one place of a choice, joined; null when there is none. */
  static @Nullable String joined(Choice choice, String kind) {
    StringBuilder text = null;
    for (Block block : choice.blocks) {
      if (block.kind.equals(kind)) {
        text = text == null ? new StringBuilder() : text;
        text.append(block.text);
      }
    }
    return text == null ? null : text.toString();
  }

  /** Returns the arguments of a call as an object of JSON; what is none is told as a string. */
  static String arguments(Block call) {
    String text = call.text.toString();
    if (text.isBlank()) {
      return "{}";
    }
    if (Arguments.isObject(text)) {
      return text;
    }
    return new JsonWriter(text.length() + 32)
        .object()
        .field("arguments", text)
        .endObject()
        .toString();
  }

  Usage usageOrNone() {
    return usage == null ? new Usage(0, 0, 0, 0, true) : usage;
  }
}
