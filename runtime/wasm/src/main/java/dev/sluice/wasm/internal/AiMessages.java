package dev.sluice.wasm.internal;

import dev.sluice.plugin.ai.AiEnd;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.AiRequest;
import dev.sluice.plugin.ai.Role;
import dev.sluice.plugin.ai.Usage;
import java.util.ArrayList;
import java.util.List;

/** Writes and reads what guests see of LLM calls (plugin-sdk/ABI.md, "LLM calls"). */
final class AiMessages {
  private static final Role[] ROLES = {
    Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.TOOL_INPUT, Role.TOOL_OUTPUT, Role.TOOL_DEFINITION
  };

  private static final int TEXT = 0;
  private static final int TOOL_CALL = 1;
  private static final int FINISH = 2;
  private static final int USAGE = 3;

  private AiMessages() {}

  static WireWriter request(AiRequest request) {
    var segments = request.segments();
    int expected = 128;
    for (var segment : segments) {
      expected += segment.text().length() + segment.place().length() + 16;
    }
    var out = new WireWriter(expected);
    out.string(request.protocol()).string(request.model()).u8(request.stream() ? 1 : 0);
    var consumer = request.consumer();
    out.u8(consumer == null ? 0 : 1);
    if (consumer != null) {
      out.string(consumer);
    }
    out.u64(request.estimatedPromptTokens());
    var most = request.maxOutputTokens();
    out.u8(most.isPresent() ? 1 : 0);
    if (most.isPresent()) {
      out.u64(most.getAsLong());
    }
    out.u32(segments.size());
    for (var segment : segments) {
      out.u8(number(segment.role())).string(segment.place()).string(segment.text());
    }
    var tools = request.tools();
    out.u32(tools.size());
    tools.forEach(out::string);
    var parameters = request.parameters();
    out.u32(parameters.size());
    parameters.forEach((name, value) -> out.string(name).string(value));
    return out;
  }

  private static int number(Role role) {
    for (int i = 0; i < ROLES.length; i++) {
      if (ROLES[i] == role) {
        return i;
      }
    }
    throw new IllegalArgumentException("role: " + role);
  }

  static Role role(WireReader in) {
    int number = in.u8();
    if (number >= ROLES.length) {
      throw new WireReader.Malformed(
          "role " + number + " (expected: 0.." + (ROLES.length - 1) + ")");
    }
    return ROLES[number];
  }

  static WireWriter event(AiEvent event) {
    var out = new WireWriter(64);
    switch (event) {
      case AiEvent.TextDelta(int choice, String place, String text) ->
          out.u8(TEXT).u32(choice).string(place).string(text);
      case AiEvent.ToolCallDelta(int choice, int call, String name, String arguments) -> {
        out.u8(TOOL_CALL).u32(choice).u32(call).u8(name == null ? 0 : 1);
        if (name != null) {
          out.string(name);
        }
        out.string(arguments);
      }
      case AiEvent.Finish(int choice, String reason) -> out.u8(FINISH).u32(choice).string(reason);
      case AiEvent.UsageReport(Usage usage) -> usage(out.u8(USAGE), usage);
    }
    return out;
  }

  private static void usage(WireWriter out, Usage usage) {
    out.u64(usage.input()).u64(usage.cachedInput()).u64(usage.output()).u64(usage.reasoning());
    out.u8(usage.estimated() ? 1 : 0).u64(usage.cacheWrites());
  }

  static WireWriter end(AiEnd end) {
    int outcome =
        switch (end.outcome()) {
          case COMPLETE -> 0;
          case REFUSED -> 1;
          case CACHED -> 2;
          case UPSTREAM_ERROR -> 3;
          case TRUNCATED -> 4;
          case CLIENT_GONE -> 5;
        };
    var out = new WireWriter(64).u8(outcome).string(end.model()).string(end.provider());
    usage(out, end.usage());
    return out;
  }

  static List<AiEvent> events(WireReader in) {
    int count = in.count(9);
    var events = new ArrayList<AiEvent>(count);
    for (int i = 0; i < count; i++) {
      events.add(event(in));
    }
    return events;
  }

  private static AiEvent event(WireReader in) {
    int kind = in.u8();
    return switch (kind) {
      case TEXT -> new AiEvent.TextDelta(in.u32(), in.string(), in.string());
      case TOOL_CALL ->
          new AiEvent.ToolCallDelta(
              in.u32(), in.u32(), in.present() ? in.string() : null, in.string());
      case FINISH -> new AiEvent.Finish(in.u32(), in.string());
      case USAGE -> new AiEvent.UsageReport(usage(in));
      default -> throw new WireReader.Malformed("event of kind " + kind + " (expected: 0..3)");
    };
  }

  private static Usage usage(WireReader in) {
    long input = in.u64();
    long cached = in.u64();
    long output = in.u64();
    long reasoning = in.u64();
    boolean estimated = in.present();
    return new Usage(input, cached, output, reasoning, estimated, in.u64());
  }
}
