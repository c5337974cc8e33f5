package dev.sluice.standin.internal;

import dev.sluice.plugin.Headers;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Is an operation of a provider. */
enum Operation {
  CHAT(Format.OPENAI, "openai.chat"),
  COMPLETIONS(Format.OPENAI, "openai.completions"),
  RESPONSES(Format.OPENAI, "openai.responses"),
  EMBEDDINGS(Format.OPENAI, "openai.embeddings"),
  MODERATIONS(Format.OPENAI, "openai.moderations"),
  OPENAI_MODELS(Format.OPENAI, "openai.models"),
  INVOKE(Format.BEDROCK, "bedrock.invoke"),
  MESSAGES(Format.ANTHROPIC, "anthropic.messages"),
  COUNT_TOKENS(Format.ANTHROPIC, "anthropic.count_tokens"),
  ANTHROPIC_MODELS(Format.ANTHROPIC, "anthropic.models"),
  GENERATE(Format.GEMINI, "gemini.generateContent"),
  GEMINI_COUNT(Format.GEMINI, "gemini.countTokens"),
  GEMINI_MODELS(Format.GEMINI, "gemini.models");

  /** Whose operation it is. */
  enum Format {
    OPENAI,
    ANTHROPIC,
    BEDROCK,
    GEMINI
  }

  /** The mounts of the real ones: a version, or a deployment of Azure's. */
  private static final Pattern PATH =
      Pattern.compile(
          "(?:/[^?]*)?/(v\\d+(?:alpha|beta)?\\d*|openai/deployments/([^/?]+))/([^?]*)(?:\\?(.*))?");

  private static final Pattern INVOKE_PATH =
      Pattern.compile("(?:/[^?]*)?/model/([^/?]+)/invoke(-with-response-stream)?");

  private static final Pattern GEMINI = Pattern.compile("models/([^/:]+):(\\w+)");

  final Format format;
  final String id;

  Operation(Format format, String id) {
    this.format = format;
    this.id = id;
  }

  /**
   * Says what a request asks for.
   *
   * @param model the model in the path, or an empty string
   * @param stream whether the path asks for a stream
   * @param events whether a stream is server-sent events
   */
  record Place(Operation operation, String model, boolean stream, boolean events) {}

  /** Finds the operation of a request, or null. */
  static @Nullable Place find(String method, String path, Headers headers) {
    Matcher invoke = INVOKE_PATH.matcher(path);
    if (invoke.matches() && method.equals("POST")) {
      return new Place(INVOKE, decode(invoke.group(1)), invoke.group(2) != null, false);
    }
    Matcher parts = PATH.matcher(path);
    if (!parts.matches()) {
      return null;
    }
    String rest = parts.group(3);
    if (method.equals("GET")) {
      return rest.equals("models") || rest.startsWith("models/")
          ? models(parts.group(1), decode(rest.substring("models".length())), headers)
          : null;
    }
    if (!method.equals("POST")) {
      return null;
    }
    Matcher gemini = GEMINI.matcher(rest);
    if (gemini.matches()) {
      String query = parts.group(4) == null ? "" : parts.group(4);
      return gemini(decode(gemini.group(1)), gemini.group(2), ("&" + query + "&"));
    }
    String deployment = parts.group(2) == null ? "" : decode(parts.group(2));
    return switch (rest) {
      case "chat/completions" -> new Place(CHAT, deployment, false, true);
      case "completions" -> new Place(COMPLETIONS, deployment, false, true);
      case "responses" -> new Place(RESPONSES, deployment, false, true);
      case "embeddings" -> new Place(EMBEDDINGS, deployment, false, true);
      case "moderations" -> new Place(MODERATIONS, "", false, true);
      case "messages" -> new Place(MESSAGES, "", false, true);
      case "messages/count_tokens" -> new Place(COUNT_TOKENS, "", false, true);
      default -> null;
    };
  }

  private static Place models(String version, String name, Headers headers) {
    String model = name.isEmpty() ? "" : name.substring(1);
    if (headers.contains("anthropic-version")) {
      return new Place(ANTHROPIC_MODELS, model, false, true);
    }
    return new Place(
        version.startsWith("v1beta") ? GEMINI_MODELS : OPENAI_MODELS, model, false, true);
  }

  private static @Nullable Place gemini(String model, String verb, String query) {
    return switch (verb) {
      case "generateContent" -> new Place(GENERATE, model, false, true);
      case "streamGenerateContent" -> new Place(GENERATE, model, true, query.contains("&alt=sse&"));
      case "countTokens" -> new Place(GEMINI_COUNT, model, false, true);
      default -> null;
    };
  }

  private static String decode(String segment) {
    try {
      return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return segment;
    }
  }
}
