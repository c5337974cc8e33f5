package dev.sluice.providers.internal.aws;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.zip.CRC32;

/** Writes event streams as Bedrock does. */
public final class Frames {
  private Frames() {}

  /** Returns the event that carries an event of the model's own. */
  public static byte[] chunk(String json) {
    var base64 = Base64.getEncoder().encodeToString(json.getBytes(UTF_8));
    return event("chunk", "{\"bytes\":\"" + base64 + "\",\"p\":\"abc\"}");
  }

  static byte[] event(String type, String payload) {
    return message(payload, ":event-type", type, ":message-type", "event");
  }

  /** Returns an exception. */
  public static byte[] exception(String type, String payload) {
    return message(payload, ":exception-type", type, ":message-type", "exception");
  }

  /** Returns several messages as one. */
  public static byte[] join(byte[]... messages) {
    var out = new ByteArrayOutputStream();
    for (var message : messages) {
      out.writeBytes(message);
    }
    return out.toByteArray();
  }

  private static byte[] message(String payload, String... namesAndValues) {
    var headers = new ByteArrayOutputStream();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      headers.write(namesAndValues[i].length());
      headers.writeBytes(namesAndValues[i].getBytes(UTF_8));
      headers.write(7);
      headers.write(0);
      headers.write(namesAndValues[i + 1].length());
      headers.writeBytes(namesAndValues[i + 1].getBytes(UTF_8));
    }
    var body = payload.getBytes(UTF_8);
    var bytes = new byte[16 + headers.size() + body.length];
    var out = ByteBuffer.wrap(bytes).putInt(bytes.length).putInt(headers.size());
    out.putInt(crc(bytes, out.position())).put(headers.toByteArray()).put(body);
    out.putInt(crc(bytes, out.position()));
    return bytes;
  }

  private static int crc(byte[] bytes, int length) {
    var crc = new CRC32();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }
}
