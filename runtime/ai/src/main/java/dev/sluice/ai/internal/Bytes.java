package dev.sluice.ai.internal;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Collects bytes. */
final class Bytes {
  private byte[] bytes;
  private int size;

  Bytes(int expected) {
    bytes = new byte[Math.max(16, expected)];
  }

  void put(int b) {
    reserve(1);
    bytes[size++] = (byte) b;
  }

  void put(byte[] source, int offset, int length) {
    reserve(length);
    System.arraycopy(source, offset, bytes, size, length);
    size += length;
  }

  void put(byte[] source) {
    put(source, 0, source.length);
  }

  void put(String text) {
    put(text.getBytes(StandardCharsets.UTF_8));
  }

  int size() {
    return size;
  }

  byte last() {
    return bytes[size - 1];
  }

  /** Returns all bytes and begins anew. */
  byte[] take() {
    byte[] taken = toByteArray();
    size = 0;
    return taken;
  }

  byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  private void reserve(int more) {
    if (more > bytes.length - size) {
      bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, more), bytes.length * 2));
    }
  }
}
