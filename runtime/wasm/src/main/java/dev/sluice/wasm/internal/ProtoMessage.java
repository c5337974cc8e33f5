package dev.sluice.wasm.internal;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes the small messages of foreign functions in the wire format of protocol buffers:
 * numbers and byte strings, no nesting. Unknown fields are kept apart by their numbers and ignored.
 */
final class ProtoMessage {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final Map<Integer, byte[]> texts = new HashMap<>();
  private final Map<Integer, Long> numbers = new HashMap<>();

  private ProtoMessage() {}

  /** Reads a message; null when it is none. */
  static @Nullable ProtoMessage read(byte[] bytes) {
    var message = new ProtoMessage();
    var at = new int[1];
    while (at[0] < bytes.length) {
      long tag = varint(bytes, at);
      int field = (int) (tag >>> 3);
      switch ((int) (tag & 7)) {
        case VARINT -> message.numbers.put(field, varint(bytes, at));
        case FIXED64 -> at[0] += 8;
        case FIXED32 -> at[0] += 4;
        case BYTES -> {
          long length = varint(bytes, at);
          if (length < 0 || length > bytes.length - at[0]) {
            return null;
          }
          message.texts.put(
              field, java.util.Arrays.copyOfRange(bytes, at[0], at[0] + (int) length));
          at[0] += (int) length;
        }
        default -> {
          return null;
        }
      }
      if (at[0] > bytes.length || field == 0) {
        return null;
      }
    }
    return message;
  }

  /** Reads a varint; moves beyond the end when it is cut off. */
  private static long varint(byte[] bytes, int[] at) {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at[0] >= bytes.length) {
        at[0] = bytes.length + 1;
        return -1;
      }
      byte next = bytes[at[0]++];
      value |= ((long) (next & 0x7f)) << shift;
      if (next >= 0) {
        return value;
      }
    }
    at[0] = bytes.length + 1;
    return -1;
  }

  /** Returns a byte string; empty when it is not there, as in proto3. */
  byte[] bytes(int field) {
    return texts.getOrDefault(field, new byte[0]);
  }

  String text(int field) {
    return new String(bytes(field), StandardCharsets.UTF_8);
  }

  boolean flag(int field) {
    return numbers.getOrDefault(field, 0L) != 0;
  }

  /** Writes a message of fields below 16. */
  static final class Writer {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Writer flag(int field, boolean value) {
      if (value) {
        out.write((field << 3) | VARINT);
        out.write(1);
      }
      return this;
    }

    Writer bytes(int field, byte[] value) {
      if (value.length > 0) {
        out.write((field << 3) | BYTES);
        int length = value.length;
        while (length > 0x7f) {
          out.write((length & 0x7f) | 0x80);
          length >>>= 7;
        }
        out.write(length);
        out.writeBytes(value);
      }
      return this;
    }

    byte[] done() {
      return out.toByteArray();
    }
  }
}
