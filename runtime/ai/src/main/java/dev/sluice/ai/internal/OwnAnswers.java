package dev.sluice.ai.internal;

import dev.sluice.ai.AiAnswer;
import dev.sluice.ai.AiEndpoint;
import dev.sluice.ai.AiError;
import dev.sluice.ai.AiFormat;
import dev.sluice.ai.AiProtocol;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.Usage;
import java.util.List;

/** Writes what the gateway answers itself. */
public final class OwnAnswers {
  private OwnAnswers() {}

  public static byte[] error(AiProtocol protocol, AiError error) {
    return Errors.body(protocol, error);
  }

  public static byte[] count(AiProtocol protocol, long tokens) {
    return WholeOutput.count(protocol, tokens);
  }

  /** Returns a complete answer in text. */
  public static AiAnswer of(
      AiEndpoint endpoint, boolean stream, boolean wantsUsage, String model, List<AiEvent> events) {
    var facts =
        new AnswerFacts(endpoint.protocol(), model, wantsUsage, endpoint.serverSentEvents(), 0);
    boolean finished = events.stream().anyMatch(AiEvent.Finish.class::isInstance);
    var none = new Usage(0, 0, 0, 0, true);
    if (!stream) {
      var sent = new Sent();
      events.forEach(event -> sent.add(new Reply.Delta(event, -1, -1, null, "")));
      return new AiAnswer(200, "application/json", WholeAnswer.write(facts, sent));
    }
    var out = new Bytes(1024);
    ReplyWriter writer = ReplyWriter.of(facts, out);
    boolean used = false;
    for (AiEvent event : events) {
      writer.event(event, null);
      used |= event instanceof AiEvent.UsageReport;
    }
    if (!finished) {
      writer.event(new AiEvent.Finish(0, "stop"), null);
    }
    if (!used) {
      writer.event(new AiEvent.UsageReport(none), null);
    }
    writer.finish();
    boolean array = endpoint.protocol().format() == AiFormat.GEMINI && !endpoint.serverSentEvents();
    return new AiAnswer(200, array ? "application/json" : "text/event-stream", out.toByteArray());
  }

  /** Returns one model. */
  public static byte[] model(AiProtocol protocol, String name) {
    var out = new JsonWriter(128);
    model(protocol, name, out);
    return out.toByteArray();
  }

  private static void model(AiProtocol protocol, String name, JsonWriter out) {
    out.object();
    switch (protocol.format()) {
      case OPENAI -> {
        out.field("id", name).field("object", "model").field("created", 0);
        out.field("owned_by", "sluice");
      }
      case ANTHROPIC -> {
        out.field("type", "model").field("id", name).field("display_name", name);
        out.field("created_at", "1970-01-01T00:00:00Z");
      }
      case GEMINI -> {
        out.field("name", "models/" + name).field("displayName", name);
        out.array("supportedGenerationMethods").value("generateContent").value("countTokens");
        out.endArray();
      }
    }
    out.endObject();
  }

  /** Returns a list of models. */
  public static byte[] models(AiProtocol protocol, List<String> names) {
    var out = new JsonWriter(256);
    out.object();
    if (protocol.format() == AiFormat.OPENAI) {
      out.field("object", "list");
    }
    out.array(protocol.format() == AiFormat.GEMINI ? "models" : "data");
    names.forEach(name -> model(protocol, name, out));
    out.endArray();
    if (protocol.format() == AiFormat.ANTHROPIC) {
      out.field("has_more", false);
      if (names.isEmpty()) {
        out.nullField("first_id").nullField("last_id");
      } else {
        out.field("first_id", names.getFirst()).field("last_id", names.getLast());
      }
    }
    return out.endObject().toByteArray();
  }
}
