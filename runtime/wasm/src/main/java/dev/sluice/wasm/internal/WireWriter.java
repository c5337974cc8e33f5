package dev.sluice.wasm.internal;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes the answer of a {@code sluice.*} foreign function (plugin-sdk/ABI.md, "Encoding"). */
final class WireWriter {
  static final int VERSION = 1;

  private byte[] bytes;
  private int length;

  /** Begins an answer with room for {@code capacity} bytes; it grows when needed. */
  WireWriter(int capacity) {
    bytes = new byte[Math.max(capacity, 16)];
    bytes[length++] = VERSION;
  }

  WireWriter u8(int value) {
    room(1);
    bytes[length++] = (byte) value;
    return this;
  }

  WireWriter u32(int value) {
    room(4);
    GuestMemory.set32(bytes, length, value);
    length += 4;
    return this;
  }

  WireWriter u64(long value) {
    room(8);
    GuestMemory.set64(bytes, length, value);
    length += 8;
    return this;
  }

  WireWriter f64(double value) {
    return u64(Double.doubleToRawLongBits(value));
  }

  WireWriter bytes(byte[] value) {
    u32(value.length);
    room(value.length);
    System.arraycopy(value, 0, bytes, length, value.length);
    length += value.length;
    return this;
  }

  /** Writes numbers as bytes: four each, little-endian. */
  WireWriter floats(float[] value) {
    u32(4 * value.length);
    room(4 * value.length);
    for (float number : value) {
      GuestMemory.set32(bytes, length, Float.floatToRawIntBits(number));
      length += 4;
    }
    return this;
  }

  WireWriter string(String value) {
    return bytes(value.getBytes(StandardCharsets.UTF_8));
  }

  /** Hands the answer to the guest through two out-parameters, each of which may be 0. */
  int give(GuestVm vm, int addressOut, int sizeOut) {
    return ForeignCalls.give(vm, bytes, length, addressOut, sizeOut);
  }

  /** Returns what was written. */
  byte[] toBytes() {
    return Arrays.copyOf(bytes, length);
  }

  private void room(int more) {
    if (length + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
    }
  }
}
