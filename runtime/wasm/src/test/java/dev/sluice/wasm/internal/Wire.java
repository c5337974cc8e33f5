package dev.sluice.wasm.internal;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Encodes as plugin-sdk/ABI.md says, independently of the code under test. */
final class Wire {
  private Wire() {}

  /** Encodes the version byte and fields; numbers by their type, texts and bytes with a length. */
  static byte[] of(Object... fields) {
    var out = new ByteArrayOutputStream();
    out.write(1);
    for (Object field : fields) {
      byte[] bytes =
          switch (field) {
            case String text -> text.getBytes(StandardCharsets.UTF_8);
            case byte[] raw -> raw;
            default -> new byte[0];
          };
      var buffer = ByteBuffer.allocate(16 + bytes.length).order(ByteOrder.LITTLE_ENDIAN);
      switch (field) {
        case Byte number -> buffer.put(number);
        case Integer number -> buffer.putInt(number);
        case Long number -> buffer.putLong(number);
        case Double number -> buffer.putDouble(number);
        default -> buffer.putInt(bytes.length).put(bytes);
      }
      out.write(buffer.array(), 0, buffer.position());
    }
    return out.toByteArray();
  }

  /** Encodes a vector: four bytes for each dimension. */
  static byte[] vector(float... numbers) {
    var buffer = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float number : numbers) {
      buffer.putFloat(number);
    }
    return buffer.array();
  }
}
