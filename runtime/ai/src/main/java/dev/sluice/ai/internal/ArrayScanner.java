package dev.sluice.ai.internal;

import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiLimits;

/**
 * Splits a JSON array into its elements as it arrives: Gemini's streamGenerateContent without
 * {@code alt=sse}. A frame is an element, at once when its last byte is there, with the bracket or
 * comma before it; what closes the array is a frame without data. Only brackets and quotes are
 * looked at: whether an element is JSON is for its reader to say. One thread.
 */
final class ArrayScanner extends Frames {
  private enum State {
    START,
    ELEMENT_OR_END,
    ELEMENT,
    INSIDE,
    SCALAR,
    AFTER,
    DONE
  }

  private State state = State.START;
  private int depth;
  private boolean inString;
  private boolean escaped;
  private boolean lone;
  private int dataStart;
  private int dataEnd = -1;

  ArrayScanner(AiLimits limits) {
    super(limits);
  }

  /** Returns whether there is no array but one value. */
  boolean isLone() {
    return lone;
  }

  @Override
  void moved(int by) {
    dataStart -= by;
    dataEnd -= by;
  }

  @Override
  void left() {
    dataStart = frameStart();
    dataEnd = -1;
  }

  @Override
  String name() {
    return "element";
  }

  @Override
  boolean scan() {
    while (at < size) {
      byte b = buffer[at];
      boolean ends =
          switch (state) {
            case INSIDE -> inside(b);
            case SCALAR -> scalar(b);
            default -> !isSpace(b) && between(b);
          };
      if (state != State.SCALAR || !ends) {
        at++;
      }
      if (ends) {
        close();
        return true;
      }
    }
    return false;
  }

  private void close() {
    if (state == State.INSIDE || state == State.SCALAR) {
      dataEnd = at;
      state = lone ? State.DONE : State.AFTER;
    }
  }

  /** Looks at what stands outside of elements; returns whether it ends a frame. */
  private boolean between(byte b) {
    switch (state) {
      case START -> {
        if (b == '[') {
          state = State.ELEMENT_OR_END;
        } else {
          lone = true;
          begin(b);
        }
      }
      case ELEMENT_OR_END, AFTER -> {
        if (b == ']') {
          state = State.DONE;
          return true;
        }
        if (state == State.ELEMENT_OR_END) {
          begin(b);
        } else if (b == ',') {
          state = State.ELEMENT;
        } else {
          throw unexpected(b, "',' or ']'");
        }
      }
      case ELEMENT -> begin(b);
      default -> throw unexpected(b, "nothing after the value");
    }
    return false;
  }

  private void begin(byte b) {
    if (b == ',' || b == ']' || b == '}') {
      throw unexpected(b, "a JSON value");
    }
    dataStart = at;
    inString = b == '"';
    escaped = false;
    depth = b == '{' || b == '[' ? 1 : 0;
    state = inString || depth > 0 ? State.INSIDE : State.SCALAR;
  }

  /** Looks at a byte of an object, an array or a string; returns whether it is its last. */
  private boolean inside(byte b) {
    if (inString) {
      if (escaped) {
        escaped = false;
      } else if (b == '\\') {
        escaped = true;
      } else if (b == '"') {
        inString = false;
        return depth == 0;
      }
      return false;
    }
    switch (b) {
      case '"' -> inString = true;
      case '{', '[' -> depth++;
      case '}', ']' -> {
        depth--;
        return depth == 0;
      }
      default -> {}
    }
    return false;
  }

  private static boolean scalar(byte b) {
    return b == ',' || b == ']' || isSpace(b);
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\n' || b == '\r' || b == '\t';
  }

  private static AiFormatException unexpected(byte b, String expected) {
    String found = b > 0x20 && b < 0x7F ? "'" + (char) b + "'" : String.format("0x%02x", b);
    return new AiFormatException(
        AiFormatException.Kind.MALFORMED,
        "JSON: " + found + " between elements (expected: " + expected + ")");
  }

  @Override
  boolean isCut() {
    if (lone && state == State.SCALAR) {
      close();
    }
    return state != State.DONE;
  }

  @Override
  int dataLines() {
    return hasData() ? 1 : 0;
  }

  @Override
  int dataStart(int line) {
    return dataStart;
  }

  @Override
  int dataEnd(int line) {
    return dataEnd;
  }

  @Override
  boolean dataIs(String text) {
    return false;
  }

  @Override
  boolean hasData() {
    return dataEnd > dataStart;
  }
}
