package dev.sluice.ai.internal;

import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiLimits;
import java.util.Arrays;

/**
 * Splits a provider's stream into frames as it arrives; frames put together are the stream. One
 * thread.
 */
abstract sealed class Frames permits SseScanner, ArrayScanner {
  private final AiLimits limits;
  byte[] buffer = new byte[2048];
  int size;

  /** The next byte to look at. */
  int at;

  private int frameStart;
  private int frameEnd;
  private boolean complete;
  private boolean unfinished;

  Frames(AiLimits limits) {
    this.limits = limits;
  }

  /** Takes the next bytes; they are copied. */
  final void feed(byte[] bytes, int offset, int length) {
    if (frameStart > 0 && (frameStart == size || length > buffer.length - size)) {
      compact();
    }
    if (length > buffer.length - size) {
      buffer = Arrays.copyOf(buffer, Math.max(Math.addExact(size, length), buffer.length * 2));
    }
    System.arraycopy(bytes, offset, buffer, size, length);
    size += length;
  }

  private void compact() {
    int by = frameStart;
    System.arraycopy(buffer, by, buffer, 0, size - by);
    size -= by;
    at -= by;
    frameEnd -= by;
    frameStart = 0;
    moved(by);
  }

  /** Hears that the bytes of this frame are so many places nearer to the beginning. */
  abstract void moved(int by);

  /**
   * Goes to the next frame; returns false when the rest of it has not arrived.
   *
   * @throws AiFormatException TOO_LARGE when it is larger than the limits allow
   */
  final boolean next() {
    leave();
    if (scan()) {
      end(at);
      return true;
    }
    if (size - frameStart > limits.bytes()) {
      throw new AiFormatException(
          AiFormatException.Kind.TOO_LARGE,
          name() + ": over " + limits.bytes() + " bytes (expected: at most that)");
    }
    return false;
  }

  private void leave() {
    if (complete) {
      frameStart = frameEnd;
      complete = false;
      left();
    }
  }

  /** Hears that the frame before is over. */
  abstract void left();

  /** Looks at what has arrived; returns true behind the last byte of a frame. */
  abstract boolean scan();

  /** Returns what a frame is called in messages. */
  abstract String name();

  private void end(int where) {
    frameEnd = where;
    complete = true;
  }

  /** Takes what is left when the stream ended, as a frame; returns false when that is nothing. */
  final boolean last() {
    if (complete) {
      next();
    }
    if (frameStart == size) {
      return false;
    }
    unfinished = isCut();
    end(size);
    return true;
  }

  /** Takes what is left as a frame; returns whether something of it is missing. */
  abstract boolean isCut();

  /** Returns whether the stream ended inside this frame. */
  final boolean unfinished() {
    return unfinished;
  }

  /** Returns what holds the frame, until bytes are fed. */
  final byte[] buffer() {
    return buffer;
  }

  final int frameStart() {
    return frameStart;
  }

  final int frameEnd() {
    return frameEnd;
  }

  /** Returns how many lines of data the frame has. */
  abstract int dataLines();

  abstract int dataStart(int line);

  abstract int dataEnd(int line);

  /** Returns whether the frame's data is a text of ASCII. */
  abstract boolean dataIs(String text);

  /** Returns whether the frame has data that is more than white space. */
  abstract boolean hasData();
}
