package dev.sluice.standin.internal;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.zip.CRC32;

/**
 * Writes what Bedrock answers to InvokeModel for Anthropic's models: the answer itself, or its
 * events in the chunks of an event stream ({@code application/vnd.amazon.eventstream}).
 */
final class InvokeWriter extends MessagesWriter {
  private static final String DATA = "\ndata: ";
  private static final int STRING = 7;

  InvokeWriter(Ask ask, Answer answer) {
    super(ask, answer);
  }

  @Override
  String contentType() {
    return ask.stream ? "application/vnd.amazon.eventstream" : "application/json";
  }

  @Override
  String failure(Refusal refusal) {
    return refusal.json(Operation.Format.BEDROCK).toString();
  }

  @Override
  byte[] bytes(String frame) {
    int data = frame.indexOf(DATA);
    if (data < 0) {
      return message(frame, ":exception-type", "throttlingException", ":message-type", "exception");
    }
    String json = frame.substring(data + DATA.length()).strip();
    String base64 = Base64.getEncoder().encodeToString(json.getBytes(StandardCharsets.UTF_8));
    return message(
        object().put("bytes", base64).put("p", "abcdef").toString(),
        ":event-type",
        "chunk",
        ":content-type",
        "application/json",
        ":message-type",
        "event");
  }

  /** Writes a message: its length, that of its headers, a checksum, headers, payload, checksum. */
  private static byte[] message(String payload, String... headers) {
    var fields = new ByteArrayOutputStream();
    for (int i = 0; i < headers.length; i += 2) {
      byte[] name = headers[i].getBytes(StandardCharsets.UTF_8);
      byte[] value = headers[i + 1].getBytes(StandardCharsets.UTF_8);
      fields.write(name.length);
      fields.writeBytes(name);
      fields.write(STRING);
      fields.write(value.length >> 8);
      fields.write(value.length);
      fields.writeBytes(value);
    }
    byte[] body = payload.getBytes(StandardCharsets.UTF_8);
    var message = ByteBuffer.allocate(16 + fields.size() + body.length);
    message.putInt(message.capacity()).putInt(fields.size());
    message.putInt(checksum(message)).put(fields.toByteArray()).put(body);
    return message.putInt(checksum(message)).array();
  }

  private static int checksum(ByteBuffer written) {
    var crc = new CRC32();
    crc.update(written.duplicate().flip());
    return (int) crc.getValue();
  }
}
