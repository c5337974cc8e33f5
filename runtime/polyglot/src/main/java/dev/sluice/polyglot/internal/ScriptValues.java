package dev.sluice.polyglot.internal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.proxy.ProxyArray;
import org.jspecify.annotations.Nullable;

/**
 * Carries plain data across: null, booleans, numbers, strings, bytes, and lists of those. Nothing
 * else of the host reaches a script, and nothing of a script outlives its turn. On the script
 * thread.
 */
final class ScriptValues {
  /** Deeper than any argument of a host call. */
  private static final int DEEPEST = 8;

  private ScriptValues() {}

  /**
   * Copies a value of a script.
   *
   * @throws IllegalArgumentException when it is no plain data
   */
  static @Nullable Object toHost(Value value) {
    return toHost(value, 0);
  }

  private static @Nullable Object toHost(Value value, int depth) {
    if (value.isNull()) {
      return null;
    }
    if (value.isBoolean()) {
      return value.asBoolean();
    }
    if (value.isString()) {
      return value.asString();
    }
    if (value.isNumber()) {
      return value.fitsInLong() ? (Object) value.asLong() : (Object) value.asDouble();
    }
    if (value.hasBufferElements()) {
      return bytes(value);
    }
    if (value.hasArrayElements() && depth < DEEPEST) {
      var list = new ArrayList<@Nullable Object>();
      for (long i = 0; i < value.getArraySize(); i++) {
        list.add(toHost(value.getArrayElement(i), depth + 1));
      }
      return list;
    }
    throw new IllegalArgumentException(
        value + " (expected: a string, a number, bytes, or a list of those)");
  }

  /** Copies a buffer or the UTF-8 of a string; null where there is nothing. */
  static byte @Nullable [] bytes(Value value) {
    if (value.isNull()) {
      return null;
    }
    if (value.isString()) {
      return value.asString().getBytes(StandardCharsets.UTF_8);
    }
    if (!value.hasBufferElements()) {
      throw new IllegalArgumentException(value + " (expected: a string or bytes)");
    }
    var bytes = new byte[Math.toIntExact(value.getBufferSize())];
    value.readBuffer(0, bytes, 0, bytes.length);
    return bytes;
  }

  /** Returns a string, or null where there is none. */
  static @Nullable String text(Value value) {
    return value.isNull() ? null : value.asString();
  }

  /**
   * Makes a value that a script can read. Bytes are a buffer for JavaScript; Python copies none,
   * and gets a string of which each character is a byte.
   */
  static @Nullable Object toGuest(ScriptLanguage language, @Nullable Object value) {
    return switch (value) {
      case byte[] bytes when language.equals(ScriptLanguage.PYTHON) ->
          new String(bytes, StandardCharsets.ISO_8859_1);
      case byte[] bytes -> ByteBuffer.wrap(bytes);
      case float[] floats -> {
        var list = new ArrayList<Object>(floats.length);
        for (float each : floats) {
          list.add((double) each);
        }
        yield ProxyArray.fromList(list);
      }
      case List<?> list -> {
        var copied = new ArrayList<@Nullable Object>(list.size());
        list.forEach(each -> copied.add(toGuest(language, each)));
        yield ProxyArray.fromArray(copied.toArray());
      }
      case null, default -> value;
    };
  }
}
