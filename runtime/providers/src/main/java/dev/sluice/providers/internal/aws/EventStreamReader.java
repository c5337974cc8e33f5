package dev.sluice.providers.internal.aws;

import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiFormatException.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code application/vnd.amazon.eventstream}, however its bytes are cut. A message is: its
 * length and that of its headers (u32 each) with their CRC-32, headers, payload, and the CRC-32 of
 * all before. Loop-bound.
 */
final class EventStreamReader {
  private static final int PRELUDE = 12;
  private static final int CRC = 4;
  private static final int TEXT = 7;

  /** Bytes that the values of each type have; text and octets say theirs. */
  private static final int[] SIZES = {0, 0, 1, 2, 4, 8, -1, -1, 8, 16};

  private final int longest;
  private final Queue<EventMessage> messages = new ArrayDeque<>();
  private byte[] held = new byte[1024];
  private int size;

  /**
   * @param longest message in octets
   */
  EventStreamReader(int longest) {
    this.longest = longest;
  }

  /**
   * Takes the next bytes; they are copied.
   *
   * @throws AiFormatException when they are no event stream or a message is too long
   */
  void feed(byte[] bytes, int offset, int length) {
    int from = offset;
    int end = offset + length;
    while (from < end) {
      int wanted = size < PRELUDE ? PRELUDE : total();
      int taken = Math.min(wanted - size, end - from);
      reserve(size + taken);
      System.arraycopy(bytes, from, held, size, taken);
      size += taken;
      from += taken;
      if (size == PRELUDE) {
        checkPrelude();
      }
      if (size > PRELUDE && size == total()) {
        messages.add(message());
        size = 0;
      }
    }
  }

  /** Returns the next complete message, or null. */
  @Nullable EventMessage next() {
    return messages.poll();
  }

  /** Returns whether the bytes so far end in the middle of a message. */
  boolean isInside() {
    return size > 0;
  }

  /** The buffer grows by what has come, not by what a length promises. */
  private void reserve(int capacity) {
    if (capacity > held.length) {
      held = Arrays.copyOf(held, Math.max(capacity, held.length * 2));
    }
  }

  private int total() {
    return ByteBuffer.wrap(held).getInt(0);
  }

  private void checkPrelude() {
    var prelude = ByteBuffer.wrap(held, 0, PRELUDE);
    int total = prelude.getInt(0);
    int headers = prelude.getInt(4);
    requireCrc(PRELUDE - CRC, "prelude");
    if (total < PRELUDE + CRC || headers < 0 || headers > total - PRELUDE - CRC) {
      throw malformed("lengths " + total + " and " + headers + " do not fit");
    }
    if (total > longest) {
      throw new AiFormatException(
          Kind.TOO_LARGE,
          "event stream: a message of " + total + " octets (expected: up to " + longest + ")");
    }
  }

  private void requireCrc(int length, String what) {
    var crc = new CRC32();
    crc.update(held, 0, length);
    if ((int) crc.getValue() != ByteBuffer.wrap(held).getInt(length)) {
      throw malformed("the checksum of a " + what + " is wrong");
    }
  }

  private EventMessage message() {
    requireCrc(size - CRC, "message");
    int headersEnd = PRELUDE + ByteBuffer.wrap(held).getInt(4);
    return new EventMessage(
        headers(ByteBuffer.wrap(held, PRELUDE, headersEnd - PRELUDE)),
        Arrays.copyOfRange(held, headersEnd, size - CRC));
  }

  private static Map<String, String> headers(ByteBuffer from) {
    Map<String, String> headers = new HashMap<>();
    while (from.hasRemaining()) {
      var name = text(from, from.get() & 0xff);
      int type = from.hasRemaining() ? from.get() : -1;
      if (type < 0 || type >= SIZES.length) {
        throw malformed("header " + name + " has type " + type);
      }
      int length = SIZES[type];
      if (length < 0) {
        require(from, 2);
        length = from.getShort() & 0xffff;
      }
      var value = text(from, length);
      if (type == TEXT) {
        headers.put(name, value);
      }
    }
    return headers;
  }

  private static String text(ByteBuffer from, int length) {
    require(from, length);
    var bytes = new byte[length];
    from.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static void require(ByteBuffer from, int length) {
    if (from.remaining() < length) {
      throw malformed("a header ends early");
    }
  }

  private static AiFormatException malformed(String what) {
    return new AiFormatException(Kind.MALFORMED, "event stream: " + what);
  }
}
