package dev.sluice.ai.internal;

import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiLimits;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON (RFC 8259) as it arrives: each {@link #feed} goes on where the one before stopped, at
 * whatever byte that was, and each byte is looked at once. Checks the grammar and the UTF-8, and
 * finds keys that an object has twice.
 *
 * <p>Used by one thread. An error leaves it unusable until {@link #clear}.
 */
final class JsonScanner {
  /** Numbers have no longer form that means more. */
  private static final int MAX_NUMBER = 1_000;

  /** Objects with more keys than this look for duplicates by a set. */
  private static final int FEW_KEYS = 16;

  private enum State {
    VALUE,
    VALUE_OR_END,
    KEY,
    KEY_OR_END,
    COLON,
    AFTER,
    IN_STRING,
    DONE
  }

  private final AiLimits limits;
  private final JsonTape tape;
  private State state = State.VALUE;
  private int at;

  /** The node of each open object and array. */
  private int[] open = new int[32];

  private int depth;
  private int string;

  /** The keys that the open objects have so far; {@code keysOf} says where each begins. */
  private int[] keys = new int[64];

  private int keyCount;
  private int[] keysOf = new int[32];
  private @Nullable Set<String> @Nullable [] manyKeys;

  JsonScanner(AiLimits limits, int expectedBytes) {
    this.limits = limits;
    this.tape = new JsonTape(limits, expectedBytes);
  }

  /** Returns what was read; complete after {@link #finish}. */
  JsonTape tape() {
    return tape;
  }

  void clear() {
    tape.clear();
    state = State.VALUE;
    at = 0;
    depth = 0;
    keyCount = 0;
    manyKeys = null;
  }

  void feed(byte[] bytes, int offset, int length) {
    tape.append(bytes, offset, length);
    scan(false);
  }

  /** Ends the text. */
  JsonTape finish() {
    scan(true);
    if (state != State.DONE) {
      throw malformed(
          tape.size == 0 ? "nothing (expected: a JSON value)" : "the text ends too early");
    }
    return tape;
  }

  private void scan(boolean last) {
    byte[] bytes = tape.bytes;
    int size = tape.size;
    while (at < size) {
      if (state == State.IN_STRING) {
        if (!string(bytes, size)) {
          return;
        }
        continue;
      }
      byte b = bytes[at];
      if (b == ' ' || b == '\n' || b == '\r' || b == '\t') {
        at++;
      } else if (!token(bytes, size, b, last)) {
        return;
      }
    }
  }

  /** Takes one token; returns false when the rest of it has not arrived. */
  private boolean token(byte[] bytes, int size, byte b, boolean last) {
    switch (state) {
      case VALUE_OR_END, VALUE -> {
        if (b == ']' && state == State.VALUE_OR_END) {
          close(JsonTape.ARRAY);
          return true;
        }
        return value(bytes, size, b, last);
      }
      case KEY, KEY_OR_END -> {
        if (b == '}' && state == State.KEY_OR_END) {
          close(JsonTape.OBJECT);
        } else if (b == '"') {
          openString(JsonTape.KEY);
        } else {
          throw unexpected(b, "a key in quotes");
        }
      }
      case COLON -> {
        expect(b, ':', "':'");
        state = State.VALUE;
      }
      case AFTER -> after(b);
      default -> throw unexpected(b, "nothing after the value");
    }
    return true;
  }

  private void after(byte b) {
    boolean object = tape.kind(open[depth - 1]) == JsonTape.OBJECT;
    if (b == ',') {
      at++;
      state = object ? State.KEY : State.VALUE;
    } else if (b == (object ? '}' : ']')) {
      close(object ? JsonTape.OBJECT : JsonTape.ARRAY);
    } else {
      throw unexpected(b, object ? "',' or '}'" : "',' or ']'");
    }
  }

  private boolean value(byte[] bytes, int size, byte b, boolean last) {
    switch (b) {
      case '{' -> open(JsonTape.OBJECT, State.KEY_OR_END);
      case '[' -> open(JsonTape.ARRAY, State.VALUE_OR_END);
      case '"' -> openString(JsonTape.STRING);
      case 't' -> {
        return literal(bytes, size, "true", JsonTape.TRUE);
      }
      case 'f' -> {
        return literal(bytes, size, "false", JsonTape.FALSE);
      }
      case 'n' -> {
        return literal(bytes, size, "null", JsonTape.NULL);
      }
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> {
        return number(bytes, size, last);
      }
      default -> throw unexpected(b, "a JSON value");
    }
    return true;
  }

  private void open(byte kind, State next) {
    if (depth == limits.depth()) {
      throw new AiFormatException(
          AiFormatException.Kind.TOO_LARGE,
          "nesting: over "
              + limits.depth()
              + " levels at byte "
              + at
              + " (expected: at most that)");
    }
    if (depth == open.length) {
      open = Arrays.copyOf(open, depth * 2);
      keysOf = Arrays.copyOf(keysOf, depth * 2);
    }
    open[depth] = tape.open(kind, at);
    keysOf[depth] = keyCount;
    depth++;
    at++;
    state = next;
  }

  private void close(byte kind) {
    at++;
    depth--;
    if (kind == JsonTape.OBJECT) {
      keyCount = keysOf[depth];
      if (manyKeys != null && depth < manyKeys.length) {
        manyKeys[depth] = null;
      }
    }
    tape.close(open[depth], at);
    valueEnded();
  }

  private void valueEnded() {
    state = depth == 0 ? State.DONE : State.AFTER;
  }

  private void openString(byte kind) {
    string = tape.open(kind, at);
    at++;
    state = State.IN_STRING;
  }

  /** Goes through a string; returns false when it goes on in bytes that have not arrived. */
  private boolean string(byte[] bytes, int size) {
    int i = at;
    while (i < size) {
      byte b = bytes[i];
      if (b == '"') {
        at = i + 1;
        tape.close(string, at);
        if (tape.kind(string) == JsonTape.KEY) {
          key(string);
          state = State.COLON;
        } else {
          valueEnded();
        }
        return true;
      }
      int width;
      if (b == '\\') {
        width = escape(bytes, i, size);
      } else if (b >= 0x20) {
        width = 1;
      } else {
        width = b < 0 ? Utf8.width(bytes, i, size) : -1;
      }
      if (width == 0) {
        break;
      }
      if (width < 0) {
        at = i;
        throw b >= 0
            ? unexpected(b, "an escape: control characters do not stand in strings")
            : new AiFormatException(
                AiFormatException.Kind.MALFORMED, "byte " + i + " is not UTF-8 (expected: UTF-8)");
      }
      i += width;
    }
    at = i;
    return false;
  }

  /** Returns the length of an escape, or 0 when it has not arrived. */
  private int escape(byte[] bytes, int i, int size) {
    if (i + 1 >= size) {
      return 0;
    }
    tape.escaped(string);
    switch (bytes[i + 1]) {
      case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> {
        return 2;
      }
      case 'u' -> {
        if (i + 6 > size) {
          return 0;
        }
        if (JsonText.hex(bytes, i + 2) >= 0) {
          return 6;
        }
        at = i;
        throw malformed("an escape without four hexadecimal digits");
      }
      default -> {
        at = i + 1;
        throw unexpected(bytes[i + 1], "an escape of JSON");
      }
    }
  }

  private boolean literal(byte[] bytes, int size, String word, byte kind) {
    int length = Math.min(word.length(), size - at);
    for (int i = 0; i < length; i++) {
      if (bytes[at + i] != word.charAt(i)) {
        at += i;
        throw unexpected(bytes[at], "\"" + word + "\"");
      }
    }
    if (length < word.length()) {
      return false;
    }
    int node = tape.open(kind, at);
    at += length;
    tape.close(node, at);
    valueEnded();
    return true;
  }

  private boolean number(byte[] bytes, int size, boolean last) {
    int end = at;
    while (end < size && isNumeric(bytes[end])) {
      end++;
    }
    if (end - at > MAX_NUMBER) {
      throw malformed("a number of over " + MAX_NUMBER + " characters");
    }
    if (end == size && !last) {
      return false;
    }
    if (!JsonNumber.isValid(bytes, at, end)) {
      throw malformed("not a number of JSON");
    }
    int node = tape.open(JsonTape.NUMBER, at);
    at = end;
    tape.close(node, at);
    valueEnded();
    return true;
  }

  private static boolean isNumeric(byte b) {
    return (b >= '0' && b <= '9') || b == '-' || b == '+' || b == '.' || b == 'e' || b == 'E';
  }

  private void key(int node) {
    int first = keysOf[depth - 1];
    int known = keyCount - first;
    if (known < FEW_KEYS) {
      for (int i = first; i < keyCount; i++) {
        if (tape.sameText(keys[i], node)) {
          tape.duplicate(Pointers.of(tape, open, depth, node));
          return;
        }
      }
    } else if (!allKeys(first).add(tape.text(node))) {
      tape.duplicate(Pointers.of(tape, open, depth, node));
      return;
    }
    if (known <= FEW_KEYS) {
      if (keyCount == keys.length) {
        keys = Arrays.copyOf(keys, keyCount * 2);
      }
      keys[keyCount++] = node;
    }
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private Set<String> allKeys(int first) {
    if (manyKeys == null) {
      manyKeys = new Set[Math.max(32, depth * 2)];
    } else if (manyKeys.length < depth) {
      manyKeys = Arrays.copyOf(manyKeys, depth * 2);
    }
    Set<String> set = manyKeys[depth - 1];
    if (set == null) {
      set = new HashSet<>();
      for (int i = first; i < keyCount; i++) {
        set.add(tape.text(keys[i]));
      }
      manyKeys[depth - 1] = set;
    }
    return set;
  }

  private void expect(byte b, char expected, String name) {
    if (b != expected) {
      throw unexpected(b, name);
    }
    at++;
  }

  private AiFormatException unexpected(byte b, String expected) {
    String found = b > 0x20 && b < 0x7F ? "'" + (char) b + "'" : String.format("0x%02x", b);
    return malformed(found + " (expected: " + expected + ")");
  }

  private AiFormatException malformed(String what) {
    return new AiFormatException(
        AiFormatException.Kind.MALFORMED, "JSON, byte " + at + ": " + what);
  }
}
