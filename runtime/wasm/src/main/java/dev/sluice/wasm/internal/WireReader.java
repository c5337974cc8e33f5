package dev.sluice.wasm.internal;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads the arguments of a {@code sluice.*} foreign function (plugin-sdk/ABI.md, "Encoding"). */
final class WireReader {
  /** Says, in words for the plugin's log, what is wrong with the arguments. */
  static final class Malformed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Malformed(String message) {
      super(message, null, false, false);
    }
  }

  private final byte[] bytes;
  private final int end;
  private int position;

  /** Reads a range of an array, whose first byte is the version. */
  WireReader(byte[] bytes, int offset, int length) {
    this.bytes = bytes;
    position = offset;
    end = offset + length;
    int version = u8();
    if (version != WireWriter.VERSION) {
      throw new Malformed("version byte " + version + " (expected: " + WireWriter.VERSION + ")");
    }
  }

  int u8() {
    need(1);
    return bytes[position++] & 0xff;
  }

  /** Reads a u32, which is negative when it is 2^31 or more. */
  int u32() {
    need(4);
    int value = GuestMemory.get32(bytes, position);
    position += 4;
    return value;
  }

  long u64() {
    need(8);
    long value = GuestMemory.get64(bytes, position);
    position += 8;
    return value;
  }

  /** Reads a time of milliseconds; one of more than 2^63 is longer than any that is accepted. */
  Duration millis() {
    long millis = u64();
    return Duration.ofMillis(millis < 0 ? Long.MAX_VALUE : millis);
  }

  /** Reads a time that may be absent. */
  @Nullable Duration optionalMillis() {
    return present() ? millis() : null;
  }

  double f64() {
    return Double.longBitsToDouble(u64());
  }

  /**
   * Reads the number of elements of a list.
   *
   * @param least bytes that an element has at the least, so that a number that cannot be is refused
   *     before memory is taken for it
   */
  int count(int least) {
    int count = u32();
    if (count < 0 || (long) count * least > end - position) {
      throw new Malformed(
          "a list of "
              + Integer.toUnsignedString(count)
              + " elements in "
              + (end - position)
              + " bytes");
    }
    return count;
  }

  /** Reads whether an optional value follows. */
  boolean present() {
    int flag = u8();
    if (flag > 1) {
      throw new Malformed("the mark " + flag + " of an optional value (expected: 0 or 1)");
    }
    return flag == 1;
  }

  byte[] bytes() {
    int length = u32();
    need(length);
    position += length;
    return Arrays.copyOfRange(bytes, position - length, position);
  }

  /** Reads numbers that are written as bytes: four each, little-endian. */
  float[] floats() {
    int length = u32();
    need(length);
    if (length % 4 != 0) {
      throw new Malformed("a vector of " + length + " bytes (expected: 4 for each dimension)");
    }
    var numbers = new float[length / 4];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = Float.intBitsToFloat(GuestMemory.get32(bytes, position));
      position += 4;
    }
    return numbers;
  }

  String string() {
    byte[] text = bytes();
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString();
    } catch (CharacterCodingException e) {
      throw new Malformed("a string of " + text.length + " bytes is not UTF-8");
    }
  }

  /** Checks that nothing is left. */
  void finish() {
    if (position != end) {
      throw new Malformed((end - position) + " bytes after the last field (expected: none)");
    }
  }

  private void need(int length) {
    if (length < 0 || length > end - position) {
      throw new Malformed(
          "a field of "
              + Integer.toUnsignedString(length)
              + " bytes where "
              + (end - position)
              + " are left");
    }
  }
}
