package dev.sluice.polyglot.internal;

import dev.sluice.plugin.Body;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Is a body in memory. */
final class MemoryBody implements Body {
  private byte[] bytes;

  MemoryBody(byte[] bytes) {
    this.bytes = bytes;
  }

  static MemoryBody of(String text) {
    return new MemoryBody(text.getBytes(StandardCharsets.UTF_8));
  }

  String text() {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Override
  public int length() {
    return bytes.length;
  }

  @Override
  public void copyTo(int offset, byte[] target, int targetOffset, int length) {
    System.arraycopy(bytes, offset, target, targetOffset, length);
  }

  @Override
  public void replace(int offset, int length, byte[] replacement) {
    var out = new ByteArrayOutputStream();
    out.write(bytes, 0, offset);
    out.writeBytes(replacement);
    out.write(bytes, offset + length, bytes.length - offset - length);
    bytes = out.toByteArray();
  }
}
