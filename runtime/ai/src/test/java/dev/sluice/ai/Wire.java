package dev.sluice.ai;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.plugin.Headers;
import dev.sluice.plugin.ai.AiEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads fixtures and leads them through the formats. */
final class Wire {
  static final JsonMapper JSON = JsonMapper.builder().build();

  private Wire() {}

  static byte[] file(String name) {
    try (InputStream in = Objects.requireNonNull(Wire.class.getResourceAsStream(name), name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String text(byte[] bytes) {
    return new String(bytes, UTF_8);
  }

  static JsonNode json(byte[] bytes) {
    return JSON.readTree(bytes);
  }

  static Headers headers(String... pairs) {
    var headers = new Headers(4);
    for (int i = 0; i < pairs.length; i += 2) {
      headers.add(pairs[i], pairs[i + 1]);
    }
    return headers;
  }

  static AiEndpoint endpoint(String path) {
    return AiEndpoint.of("POST", path, headers()).orElseThrow();
  }

  static String path(String protocol) {
    return switch (protocol) {
      case "openai.chat" -> "/v1/chat/completions";
      case "openai.completions" -> "/v1/completions";
      case "openai.responses" -> "/v1/responses";
      case "openai.embeddings" -> "/v1/embeddings";
      case "openai.moderations" -> "/v1/moderations";
      case "anthropic.messages" -> "/v1/messages";
      case "anthropic.count_tokens" -> "/v1/messages/count_tokens";
      case "gemini.generateContent" -> "/v1beta/models/gemini-2.5-flash:generateContent";
      case "gemini.countTokens" -> "/v1beta/models/gemini-2.5-flash:countTokens";
      default -> throw new IllegalArgumentException(protocol);
    };
  }

  static AiCall call(String path, byte[] body, int... cuts) {
    return call(path, body, AiLimits.DEFAULT, cuts);
  }

  static AiCall call(String path, byte[] body, AiLimits limits, int... cuts) {
    var reader = new AiRequestReader(endpoint(path), headers(), limits);
    int from = 0;
    for (int cut : cuts) {
      reader.feed(body, from, cut - from);
      from = cut;
    }
    reader.feed(body, from, body.length - from);
    return reader.finish();
  }

  static AiCall call(String path, String body) {
    return call(path, body.getBytes(UTF_8));
  }

  /** What came of a response. */
  record Result(AiReply reply, List<AiEvent> events, byte[] bytes) {
    JsonNode json() {
      return Wire.json(bytes);
    }

    String text() {
      return Wire.text(bytes);
    }
  }

  /** Leads a response through, cut at places, each event as a plugin makes it (null: as it is). */
  static Result lead(
      AiReply reply, byte[] bytes, Function<AiEvent, @Nullable List<AiEvent>> plugin, int... cuts) {
    var events = new ArrayList<AiEvent>();
    var out = new ByteArrayOutputStream();
    int from = 0;
    for (int i = 0; i <= cuts.length; i++) {
      int to = i < cuts.length ? cuts[i] : bytes.length;
      reply.feed(bytes, from, to - from);
      from = to;
      drain(reply, events, plugin, out);
    }
    reply.end();
    drain(reply, events, plugin, out);
    return new Result(reply, events, out.toByteArray());
  }

  private static void drain(
      AiReply reply,
      List<AiEvent> events,
      Function<AiEvent, @Nullable List<AiEvent>> plugin,
      ByteArrayOutputStream out) {
    for (AiEvent event = reply.next(); event != null; event = reply.next()) {
      events.add(event);
      List<AiEvent> others = plugin.apply(event);
      if (others != null) {
        reply.replace(others);
      }
    }
    out.writeBytes(reply.take());
  }

  /** The data of each event of a stream that is JSON. */
  static List<JsonNode> frames(String stream) {
    var frames = new ArrayList<JsonNode>();
    for (String line : stream.lines().toList()) {
      if (line.startsWith("data:") && !line.contains("[DONE]")) {
        frames.add(JSON.readTree(line.substring(5)));
      }
    }
    return frames;
  }
}
