package dev.sluice.ai.internal;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Writes server-sent events. */
final class Sse {
  static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII);

  private static final byte[] EVENT = "event: ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);

  private Sse() {}

  /** Writes an event whose data is one line, as what {@link JsonWriter} writes is. */
  static void frame(@Nullable String name, byte[] json, Bytes out) {
    if (name != null) {
      out.put(EVENT);
      out.put(name);
      out.put('\n');
    }
    out.put(DATA);
    out.put(json);
    out.put('\n');
    out.put('\n');
  }

  static void frame(@Nullable String name, JsonWriter json, Bytes out) {
    frame(name, json.toByteArray(), out);
  }

  /** Writes a frame anew with other data: its other lines stay as they are. */
  static void rewrite(Frames frame, byte[] data, Bytes out) {
    byte[] buffer = frame.buffer();
    int at = frame.frameStart();
    // Lines begin at most six bytes before their data: "data:" and a space.
    for (int line = 0; line < frame.dataLines(); line++) {
      int begins = lineStart(buffer, at, frame.dataStart(line));
      out.put(buffer, at, begins - at);
      if (line == 0) {
        lines(data, out);
      }
      at = frame.dataEnd(line);
      if (line < frame.dataLines() - 1) {
        at = afterLineEnd(buffer, at);
      }
    }
    out.put(buffer, at, frame.frameEnd() - at);
  }

  private static void lines(byte[] data, Bytes out) {
    out.put(DATA);
    int from = 0;
    for (int i = 0; i < data.length; i++) {
      if (data[i] == '\n' || data[i] == '\r') {
        out.put(data, from, i - from);
        out.put('\n');
        out.put(DATA);
        from = i + 1;
      }
    }
    out.put(data, from, data.length - from);
  }

  private static int lineStart(byte[] buffer, int from, int dataStart) {
    int start = dataStart;
    while (start > from && buffer[start - 1] != '\n' && buffer[start - 1] != '\r') {
      start--;
    }
    return start;
  }

  private static int afterLineEnd(byte[] buffer, int at) {
    return buffer[at] == '\r' && buffer[at + 1] == '\n' ? at + 2 : at + 1;
  }
}
