package dev.sluice.providers.internal.aws;

import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiFormatException.Kind;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.io.JsonStringEncoder;
import tools.jackson.core.json.JsonFactory;

/**
 * Makes of what Bedrock answers to {@code InvokeModel} and {@code InvokeModelWithResponseStream}
 * what the API of the model itself would: server-sent events of the chunks of its event stream, and
 * errors in Anthropic's words. Loop-bound.
 */
public final class InvokeReply {
  /** The content type of event streams. */
  public static final String STREAM = "application/vnd.amazon.eventstream";

  private enum Kept {
    STREAM,
    ERROR,
    ALL
  }

  private final Kept kept;
  private final EventStreamReader messages;
  private final int status;
  private final ByteArrayOutputStream error = new ByteArrayOutputStream(0);
  private final int longest;

  /**
   * @param status the HTTP status
   * @param contentType the content type, or null when there is none
   * @param longest message, or body of an error, in octets
   */
  public InvokeReply(int status, @Nullable String contentType, int longest) {
    this.status = status;
    if (status >= 400) {
      kept = Kept.ERROR;
    } else {
      boolean stream =
          contentType != null && contentType.toLowerCase(Locale.ROOT).startsWith(STREAM);
      kept = stream ? Kept.STREAM : Kept.ALL;
    }
    this.longest = longest;
    messages = new EventStreamReader(longest);
  }

  /** Returns the content type of what {@link #feed} returns, or null for the provider's own. */
  public @Nullable String contentType() {
    return switch (kept) {
      case STREAM -> "text/event-stream";
      case ERROR -> "application/json";
      case ALL -> null;
    };
  }

  /**
   * Takes the next bytes and returns what has become of them; empty when that needs more.
   *
   * @throws AiFormatException when they are no event stream
   */
  public byte[] feed(byte[] bytes, int offset, int length) {
    switch (kept) {
      case STREAM -> {
        messages.feed(bytes, offset, length);
        var out = new ByteArrayOutputStream(length);
        for (var message = messages.next(); message != null; message = messages.next()) {
          write(message, out);
        }
        return out.toByteArray();
      }
      case ERROR -> {
        error.write(bytes, offset, Math.min(length, longest - error.size()));
        return new byte[0];
      }
      case ALL -> {
        var copy = new byte[length];
        System.arraycopy(bytes, offset, copy, 0, length);
        return copy;
      }
    }
    throw new IllegalStateException("kept: " + kept);
  }

  /**
   * Ends the bytes and returns what is left.
   *
   * @throws AiFormatException when an event stream ends inside a message
   */
  public byte[] end() {
    if (kept == Kept.ERROR) {
      var text = message(error.toByteArray());
      return errorBody(anthropicType(status), text);
    }
    if (messages.isInside()) {
      throw new AiFormatException(Kind.MALFORMED, "event stream: it ends inside a message");
    }
    return new byte[0];
  }

  private static void write(EventMessage message, ByteArrayOutputStream out) {
    switch (message.header(":message-type")) {
      case "event" -> {
        if (message.header(":event-type").equals("chunk")) {
          chunk(message.payload(), out);
        }
      }
      case "exception" -> {
        var type = message.header(":exception-type");
        var text = message(message.payload());
        frame("error", errorBody(anthropicType(type), text.isEmpty() ? type : text), out);
      }
      case "error" -> {
        var type = message.header(":error-code");
        frame("error", errorBody(anthropicType(type), message.header(":error-message")), out);
      }
      default -> {}
    }
  }

  /** Takes the model's own event out of {@code {"bytes": "<Base64>"}}. */
  private static void chunk(byte[] payload, ByteArrayOutputStream out) {
    try (var json = Json.FACTORY.createParser(ObjectReadContext.empty(), payload)) {
      if (Json.enter(json, "bytes")) {
        var event = json.getBinaryValue();
        frame(Json.text(event, "type"), event, out);
      }
    } catch (JacksonException e) {
      throw new AiFormatException(
          Kind.MALFORMED, "event stream: a chunk is not {\"bytes\": …}: " + e.getOriginalMessage());
    }
  }

  private static void frame(String name, byte[] data, ByteArrayOutputStream out) {
    out.writeBytes(("event: " + name + "\ndata: ").getBytes(StandardCharsets.UTF_8));
    // A line break can only stand between the tokens of JSON.
    for (byte octet : data) {
      out.write(octet == '\n' || octet == '\r' ? ' ' : octet);
    }
    out.write('\n');
    out.write('\n');
  }

  private static String message(byte[] body) {
    try {
      var text = Json.text(body, "message");
      return text.isEmpty() ? Json.text(body, "Message") : text;
    } catch (JacksonException e) {
      return "";
    }
  }

  private static byte[] errorBody(String type, String message) {
    var text = message.isEmpty() ? "the provider failed" : message;
    return ("{\"type\":\"error\",\"error\":{\"type\":\""
            + type
            + "\",\"message\":\""
            + String.valueOf(JsonStringEncoder.getInstance().quoteAsCharArray(text))
            + "\"}}")
        .getBytes(StandardCharsets.UTF_8);
  }

  private static String anthropicType(int status) {
    return switch (status) {
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 408, 424 -> "timeout_error";
      case 429 -> "rate_limit_error";
      case 503 -> "overloaded_error";
      default -> status < 500 ? "invalid_request_error" : "api_error";
    };
  }

  private static String anthropicType(String type) {
    return switch (type.toLowerCase(Locale.ROOT)) {
      case "throttlingexception", "servicequotaexceededexception" -> "rate_limit_error";
      case "validationexception" -> "invalid_request_error";
      case "accessdeniedexception" -> "permission_error";
      case "unrecognizedclientexception",
          "expiredtokenexception",
          "invalidsignatureexception",
          "missingauthenticationtokenexception" ->
          "authentication_error";
      case "resourcenotfoundexception" -> "not_found_error";
      case "modeltimeoutexception" -> "timeout_error";
      case "serviceunavailableexception", "modelnotreadyexception" -> "overloaded_error";
      default -> "api_error";
    };
  }

  /** Reads single fields of JSON objects. */
  private static final class Json {
    static final JsonFactory FACTORY = InvokeBody.JSON;

    /** Goes to the value of a field of the outermost object, or returns false. */
    static boolean enter(tools.jackson.core.JsonParser json, String field) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        return false;
      }
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean here = json.currentName().equals(field);
        json.nextToken();
        if (here) {
          return true;
        }
        json.skipChildren();
      }
      return false;
    }

    static String text(byte[] object, String field) {
      try (var json = FACTORY.createParser(ObjectReadContext.empty(), object)) {
        return enter(json, field) && json.currentToken() == JsonToken.VALUE_STRING
            ? json.getString()
            : "";
      }
    }
  }
}
