package dev.sluice.testkit.internal;

import dev.sluice.plugin.Headers;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes what upstreams of a test send, in the form that is spoken to them. */
public final class Answers {
  private static final int GRPC_PREFIX = 5;

  private Answers() {}

  /** Returns the headers of a response; fields are names and values in turn. */
  public static Headers headers(int status, String... fields) {
    return with(Headers.of(":status", Integer.toString(status)), fields);
  }

  /** Returns the headers of a request; fields are names and values in turn. */
  public static Headers request(String method, String path, String... fields) {
    return with(
        Headers.of(":method", method, ":scheme", "http", ":authority", "test", ":path", path),
        fields);
  }

  /** Sets a pseudo-header, adds any other field. */
  public static Headers with(Headers headers, String... fields) {
    if (fields.length % 2 != 0) {
      throw new IllegalArgumentException(
          "fields: " + Arrays.toString(fields) + " (expected: names and values in turn)");
    }
    for (int i = 0; i < fields.length; i += 2) {
      if (fields[i].startsWith(":")) {
        headers.set(fields[i], fields[i + 1]);
      } else {
        headers.add(fields[i], fields[i + 1]);
      }
    }
    return headers;
  }

  /** Frames a gRPC message. */
  public static byte[] grpcFrame(byte[] message) {
    return ByteBuffer.allocate(GRPC_PREFIX + message.length)
        .put((byte) 0)
        .putInt(message.length)
        .put(message)
        .array();
  }

  /** Cuts a gRPC body into its messages. */
  public static List<byte[]> grpcMessages(byte[] body) {
    var messages = new ArrayList<byte[]>();
    var buffer = ByteBuffer.wrap(body);
    while (buffer.remaining() >= GRPC_PREFIX) {
      buffer.get();
      var message = new byte[Math.clamp(buffer.getInt(), 0, buffer.remaining())];
      buffer.get(message);
      messages.add(message);
    }
    return messages;
  }

  /** Writes a reply of Redis: text, number, null, list or error. */
  public static byte[] resp(@Nullable Object value) {
    var out = new ByteArrayOutputStream();
    write(out, value);
    return out.toByteArray();
  }

  private static void write(ByteArrayOutputStream out, @Nullable Object value) {
    switch (value) {
      case null -> line(out, "$-1");
      case Number number -> line(out, ":" + number.longValue());
      case Exception error -> line(out, "-" + error.getMessage());
      case List<?> list -> {
        line(out, "*" + list.size());
        list.forEach(each -> write(out, each));
      }
      default -> {
        var bytes = value.toString().getBytes(StandardCharsets.UTF_8);
        line(out, "$" + bytes.length);
        out.writeBytes(bytes);
        line(out, "");
      }
    }
  }

  private static void line(ByteArrayOutputStream out, String text) {
    out.writeBytes((text + "\r\n").getBytes(StandardCharsets.UTF_8));
  }
}
