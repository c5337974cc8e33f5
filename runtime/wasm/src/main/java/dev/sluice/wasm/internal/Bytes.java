package dev.sluice.wasm.internal;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Is a byte sequence as a map key. */
record Bytes(byte[] array) {
  @Override
  public boolean equals(Object other) {
    return other instanceof Bytes bytes && Arrays.equals(array, bytes.array);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(array);
  }

  @Override
  public String toString() {
    return new String(array, StandardCharsets.UTF_8);
  }
}
