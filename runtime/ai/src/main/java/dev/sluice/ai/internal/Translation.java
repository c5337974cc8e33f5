package dev.sluice.ai.internal;

import dev.sluice.ai.AiEndpoint;
import dev.sluice.ai.AiFormat;
import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiProtocol;
import dev.sluice.ai.ProviderRequest;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** Makes the request of a provider from the request of a client. */
public final class Translation {
  private Translation() {}

  /**
   * Returns the operation of a provider that answers a client's.
   *
   * @throws AiFormatException of kind UNSUPPORTED when there is none
   */
  public static AiProtocol target(AiProtocol client, AiFormat provider) {
    if (client.format() == provider) {
      return client;
    }
    AiProtocol target = null;
    if (client.generates() && client != AiProtocol.OPENAI_COMPLETIONS) {
      target =
          switch (provider) {
            case OPENAI -> AiProtocol.OPENAI_CHAT;
            case ANTHROPIC -> AiProtocol.ANTHROPIC_MESSAGES;
            case GEMINI -> AiProtocol.GEMINI_GENERATE;
          };
    } else if (client == AiProtocol.ANTHROPIC_COUNT_TOKENS && provider == AiFormat.GEMINI) {
      target = AiProtocol.GEMINI_COUNT_TOKENS;
    } else if (client == AiProtocol.GEMINI_COUNT_TOKENS && provider == AiFormat.ANTHROPIC) {
      target = AiProtocol.ANTHROPIC_COUNT_TOKENS;
    }
    if (target == null) {
      throw ConversationReader.unsupported(
          client.id()
              + ": a provider of format "
              + provider.name().toLowerCase(Locale.ROOT)
              + " has no such operation");
    }
    return target;
  }

  /** Returns the request for a provider. */
  public static ProviderRequest request(
      AiEndpoint endpoint, RequestBody body, AiProtocol target, String model, boolean askUsage) {
    boolean stream = endpoint.stream() || body.stream();
    if (target == endpoint.protocol()) {
      return same(endpoint, body, model, stream, askUsage);
    }
    Conversation conversation = ConversationReader.read(endpoint.protocol(), body.read().tape);
    conversation.stream = stream;
    conversation.askUsage = askUsage;
    byte[] bytes = ConversationWriter.write(target, conversation, model);
    return new ProviderRequest(
        target,
        path(target, model, stream, true),
        bytes,
        stream,
        stream && askUsage && target == AiProtocol.OPENAI_CHAT,
        List.copyOf(conversation.leftOut));
  }

  private static ProviderRequest same(
      AiEndpoint endpoint, RequestBody body, String model, boolean stream, boolean askUsage) {
    AiProtocol protocol = endpoint.protocol();
    String path = path(protocol, model, stream, endpoint.serverSentEvents());
    if (protocol.listsModels()) {
      return new ProviderRequest(protocol, path, new byte[0], false, false, List.of());
    }
    var splices = new Splices();
    boolean usage =
        stream
            && askUsage
            && (protocol == AiProtocol.OPENAI_CHAT || protocol == AiProtocol.OPENAI_COMPLETIONS)
            && !body.includesUsage();
    if (usage) {
      askForUsage(body.read(), splices);
    }
    return new ProviderRequest(protocol, path, body.with(model, splices), stream, usage, List.of());
  }

  private static void askForUsage(RequestFacts facts, Splices splices) {
    JsonTape tape = facts.tape;
    int options = facts.streamOptions;
    if (options < 0) {
      byte[] field = bytes("\"stream_options\":{\"include_usage\":true},");
      splices.replace(tape.start(0) + 1, tape.start(0) + 1, field);
      return;
    }
    int asked = tape.find(options, "include_usage");
    if (asked >= 0) {
      splices.replace(tape.start(asked), tape.end(asked), bytes("true"));
    } else if (tape.isObject(options)) {
      boolean empty = tape.next(options) == options + 1;
      int at = tape.start(options) + 1;
      splices.replace(at, at, bytes("\"include_usage\":true" + (empty ? "" : ",")));
    } else {
      splices.replace(tape.start(options), tape.end(options), bytes("{\"include_usage\":true}"));
    }
  }

  private static byte[] bytes(String json) {
    return json.getBytes(StandardCharsets.UTF_8);
  }

  private static String path(
      AiProtocol protocol, String model, boolean stream, boolean serverSentEvents) {
    String name = URLEncoder.encode(model, StandardCharsets.UTF_8).replace("+", "%20");
    return switch (protocol) {
      case OPENAI_CHAT -> "/chat/completions";
      case OPENAI_COMPLETIONS -> "/completions";
      case OPENAI_RESPONSES -> "/responses";
      case OPENAI_EMBEDDINGS -> "/embeddings";
      case OPENAI_MODERATIONS -> "/moderations";
      case ANTHROPIC_MESSAGES -> "/messages";
      case ANTHROPIC_COUNT_TOKENS -> "/messages/count_tokens";
      case GEMINI_GENERATE ->
          stream
              ? "/models/" + name + ":streamGenerateContent" + (serverSentEvents ? "?alt=sse" : "")
              : "/models/" + name + ":generateContent";
      case GEMINI_COUNT_TOKENS -> "/models/" + name + ":countTokens";
      case OPENAI_MODELS, ANTHROPIC_MODELS, GEMINI_MODELS ->
          "/models" + (model.isEmpty() ? "" : "/" + name);
    };
  }
}
