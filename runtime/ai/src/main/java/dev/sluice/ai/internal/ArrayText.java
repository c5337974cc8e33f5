package dev.sluice.ai.internal;

/**
 * Writes a JSON array element by element: those of another array with the white space around them,
 * and others between. What closes the other array is kept back, so that one more can come.
 */
final class ArrayText {
  private final Bytes out;
  private boolean begun;
  private boolean none;

  /** What closes the other array, as far as it came. */
  private final Bytes close = new Bytes(16);

  ArrayText(Bytes out) {
    this.out = out;
  }

  /** Takes note that what was written is no array, but all there is. */
  void isNone() {
    none = true;
  }

  /**
   * Writes further elements.
   *
   * @param text each with a comma before
   */
  void add(byte[] text) {
    if (text.length > 0) {
      text[0] = separator();
      out.put(text);
    }
  }

  /** Writes the element of a frame with another text. */
  void element(Frames frame, byte[] json) {
    byte[] buffer = frame.buffer();
    for (int i = frame.frameStart(); i < frame.dataStart(0); i++) {
      out.put(buffer[i] == '[' || buffer[i] == ',' ? separator() : buffer[i]);
    }
    out.put(json);
  }

  private byte separator() {
    byte separator = (byte) (begun ? ',' : '[');
    begun = true;
    return separator;
  }

  /** Keeps what closes the array. */
  void closed(Frames frame) {
    close.put(frame.buffer(), frame.frameStart(), frame.frameEnd() - frame.frameStart());
  }

  /** Closes the array. */
  void end() {
    if (none) {
      return;
    }
    if (close.size() == 0) {
      out.put(begun ? "\n]" : "[]");
    } else {
      out.put(close.toByteArray());
    }
  }

  /** Closes the array with an error as its last element. */
  void fail(byte[] json) {
    if (!none) {
      out.put(separator());
      out.put('\n');
      out.put(json);
      out.put('\n');
      out.put(']');
    }
  }
}
