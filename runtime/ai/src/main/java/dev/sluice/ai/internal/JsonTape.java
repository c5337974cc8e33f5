package dev.sluice.ai.internal;

import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiLimits;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Holds a JSON text as its original bytes and a tape of its values: kind, start, end and following
 * value of each, in the order of the text. Nothing is decoded before it is asked for, and what is
 * not asked for stays the bytes it was.
 *
 * <p>The children of an object are its keys, each followed by its value; node 0 is the root. Used
 * by one thread, filled by a {@link JsonScanner}. {@code AiFormatBench} guards what it costs.
 */
final class JsonTape {
  static final byte OBJECT = 1;
  static final byte ARRAY = 2;
  static final byte STRING = 3;
  static final byte KEY = 4;
  static final byte NUMBER = 5;
  static final byte TRUE = 6;
  static final byte FALSE = 7;
  static final byte NULL = 8;

  /** Marks a string that has escapes. */
  private static final int ESCAPED = 0x100;

  private static final int STRIDE = 4;

  byte[] bytes;
  int size;
  private int[] tape = new int[64 * STRIDE];
  private int count;
  private final AiLimits limits;
  private @Nullable String duplicate;

  JsonTape(AiLimits limits, int expectedBytes) {
    this.limits = limits;
    bytes = new byte[Math.clamp(expectedBytes, 64, limits.bytes())];
  }

  void clear() {
    size = 0;
    count = 0;
    duplicate = null;
  }

  void append(byte[] source, int offset, int length) {
    if (length > limits.bytes() - size) {
      throw new AiFormatException(
          AiFormatException.Kind.TOO_LARGE,
          "message: over " + limits.bytes() + " bytes (expected: at most that)");
    }
    if (size + length > bytes.length) {
      bytes =
          Arrays.copyOf(
              bytes,
              (int) Math.min(limits.bytes(), Math.max(size + (long) length, 2L * bytes.length)));
    }
    System.arraycopy(source, offset, bytes, size, length);
    size += length;
  }

  /** Adds a node; its end and following node are set when it closes. */
  int open(byte kind, int start) {
    if (count == limits.values()) {
      throw new AiFormatException(
          AiFormatException.Kind.TOO_LARGE,
          "message: over " + limits.values() + " JSON values (expected: at most that)");
    }
    int at = count * STRIDE;
    if (at == tape.length) {
      tape = Arrays.copyOf(tape, tape.length * 2);
    }
    tape[at] = kind;
    tape[at + 1] = start;
    return count++;
  }

  void close(int node, int end) {
    tape[node * STRIDE + 2] = end;
    tape[node * STRIDE + 3] = count;
  }

  void escaped(int node) {
    tape[node * STRIDE] |= ESCAPED;
  }

  void duplicate(String place) {
    if (duplicate == null) {
      duplicate = place;
    }
  }

  /** Returns the place of the first key that its object had already, or null. */
  @Nullable String duplicate() {
    return duplicate;
  }

  boolean isEmpty() {
    return count == 0;
  }

  byte kind(int node) {
    return (byte) tape[node * STRIDE];
  }

  int start(int node) {
    return tape[node * STRIDE + 1];
  }

  /** Returns the offset after a node's last byte. */
  int end(int node) {
    return tape[node * STRIDE + 2];
  }

  /** Returns the node that follows a node and all that is in it. */
  int next(int node) {
    return tape[node * STRIDE + 3];
  }

  boolean isObject(int node) {
    return node >= 0 && kind(node) == OBJECT;
  }

  boolean isArray(int node) {
    return node >= 0 && kind(node) == ARRAY;
  }

  boolean isString(int node) {
    return node >= 0 && kind(node) == STRING;
  }

  boolean isNull(int node) {
    return node < 0 || kind(node) == NULL;
  }

  /** Returns how many values an array or object has. */
  int length(int node) {
    int children = 0;
    for (int child = node + 1; child < next(node); child = next(child)) {
      children++;
    }
    return kind(node) == OBJECT ? children / 2 : children;
  }

  /** Returns the value of a key, the last one when there are several, or -1. */
  int find(int object, String name) {
    int found = -1;
    if (isObject(object)) {
      for (int key = object + 1, end = next(object); key < end; key = next(key + 1)) {
        if (keyIs(key, name)) {
          found = key + 1;
        }
      }
    }
    return found;
  }

  /** Returns the value at the end of a path of keys, or -1. */
  int find(int object, String name, String inner) {
    int outer = find(object, name);
    return outer < 0 ? -1 : find(outer, inner);
  }

  boolean keyIs(int key, String name) {
    if ((tape[key * STRIDE] & ESCAPED) != 0) {
      return text(key).equals(name);
    }
    int start = start(key) + 1;
    int length = end(key) - 1 - start;
    if (length != name.length()) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (bytes[start + i] != name.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** Returns whether two strings or keys decode to the same text. */
  boolean sameText(int one, int other) {
    if (((tape[one * STRIDE] | tape[other * STRIDE]) & ESCAPED) != 0) {
      return text(one).equals(text(other));
    }
    return Arrays.equals(bytes, start(one), end(one), bytes, start(other), end(other));
  }

  /** Returns a string or key decoded, the text of another scalar as it stands. */
  String text(int node) {
    int start = start(node);
    int end = end(node);
    byte kind = kind(node);
    if (kind != STRING && kind != KEY) {
      return new String(bytes, start, end - start, StandardCharsets.UTF_8);
    }
    return (tape[node * STRIDE] & ESCAPED) == 0
        ? new String(bytes, start + 1, end - start - 2, StandardCharsets.UTF_8)
        : JsonText.decode(bytes, start + 1, end - 1);
  }

  /** Returns a key decoded. */
  String key(int node) {
    if ((tape[node * STRIDE] & ESCAPED) == 0) {
      String known = Keys.find(bytes, start(node) + 1, end(node) - 1);
      if (known != null) {
        return known;
      }
    }
    return text(node);
  }

  /** Returns the JSON text of a value as it stands. */
  String raw(int node) {
    return new String(bytes, start(node), end(node) - start(node), StandardCharsets.UTF_8);
  }

  /** Returns the decoded string of a key's value, or null when it is absent or no string. */
  @Nullable String string(int object, String name) {
    int node = find(object, name);
    return isString(node) ? text(node) : null;
  }

  String string(int object, String name, String otherwise) {
    String found = string(object, name);
    return found == null ? otherwise : found;
  }

  /** Returns a key's value as a number, or the other one when it is absent or no whole number. */
  long number(int object, String name, long otherwise) {
    int node = find(object, name);
    if (node < 0 || kind(node) != NUMBER) {
      return otherwise;
    }
    return whole(node, otherwise);
  }

  long whole(int node, long otherwise) {
    if (kind(node) != NUMBER) {
      return otherwise;
    }
    String text = text(node);
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      double value = Double.parseDouble(text);
      return value == Math.rint(value) && Math.abs(value) < 1e15 ? (long) value : otherwise;
    }
  }

  boolean isTrue(int node) {
    return node >= 0 && kind(node) == TRUE;
  }
}
