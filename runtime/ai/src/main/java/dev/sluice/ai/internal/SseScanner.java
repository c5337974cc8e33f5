package dev.sluice.ai.internal;

import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiLimits;
import java.util.Arrays;

/**
 * Splits a stream of server-sent events (HTML Living Standard, section 9.2) into frames as it
 * arrives. A frame is all bytes up to and with the blank line that ends it, comments included, so
 * that frames put together are the stream. One thread.
 */
final class SseScanner implements Frames {
  private final AiLimits limits;
  private byte[] buffer = new byte[2048];
  private int size;
  private int frameStart;
  private int frameEnd;
  private int at;
  private int lineStart;
  private boolean skipLineFeed;

  /** Start and end of each data line of the frame. */
  private int[] data = new int[8];

  private int dataLines;
  private boolean complete;
  private boolean unfinished;

  SseScanner(AiLimits limits) {
    this.limits = limits;
  }

  @Override
  public void feed(byte[] bytes, int offset, int length) {
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
    System.arraycopy(buffer, frameStart, buffer, 0, size - frameStart);
    size -= frameStart;
    at -= frameStart;
    lineStart -= frameStart;
    frameEnd -= frameStart;
    for (int i = 0; i < dataLines * 2; i++) {
      data[i] -= frameStart;
    }
    frameStart = 0;
  }

  @Override
  public boolean next() {
    if (complete) {
      frameStart = frameEnd;
      dataLines = 0;
      complete = false;
    }
    while (at < size) {
      byte b = buffer[at];
      if (b == '\n' && skipLineFeed) {
        skipLineFeed = false;
        at++;
        lineStart = at;
        continue;
      }
      skipLineFeed = b == '\r';
      at++;
      if ((b == '\n' || b == '\r') && endOfLine(at - 1)) {
        frameEnd = at;
        complete = true;
        return true;
      }
      if (b == '\n' || b == '\r') {
        lineStart = at;
      }
    }
    if (size - frameStart > limits.bytes()) {
      throw new AiFormatException(
          AiFormatException.Kind.TOO_LARGE,
          "event: over " + limits.bytes() + " bytes (expected: at most that)");
    }
    return false;
  }

  /** Takes what is left when the stream ended without a blank line, as a frame. */
  @Override
  public boolean last() {
    if (complete) {
      next();
    }
    if (frameStart == size) {
      return false;
    }
    if (at > lineStart) {
      endOfLine(at);
      lineStart = at;
    }
    // A frame ends with the CR of its last CRLF already, so that nobody waits for the LF: what
    // begins with an LF and has no more is the rest of the line end before.
    unfinished = size - frameStart > 1 || buffer[frameStart] != '\n';
    frameEnd = size;
    complete = true;
    return true;
  }

  /** Returns whether the stream ended inside this frame: the blank line that ends it is missing. */
  @Override
  public boolean unfinished() {
    return unfinished;
  }

  /** Takes a line; returns whether it is the blank one. */
  private boolean endOfLine(int end) {
    int start = lineStart;
    lineStart = end + 1;
    if (start == end) {
      return true;
    }
    if (end - start >= 4
        && buffer[start] == 'd'
        && buffer[start + 1] == 'a'
        && buffer[start + 2] == 't'
        && buffer[start + 3] == 'a'
        && (end - start == 4 || buffer[start + 4] == ':')) {
      int from = Math.min(end, start + 5);
      if (from < end && buffer[from] == ' ') {
        from++;
      }
      if (dataLines * 2 == data.length) {
        data = Arrays.copyOf(data, data.length * 2);
      }
      data[dataLines * 2] = from;
      data[dataLines * 2 + 1] = end;
      dataLines++;
    }
    return false;
  }

  @Override
  public byte[] buffer() {
    return buffer;
  }

  @Override
  public int frameStart() {
    return frameStart;
  }

  @Override
  public int frameEnd() {
    return frameEnd;
  }

  @Override
  public int dataLines() {
    return dataLines;
  }

  @Override
  public int dataStart(int line) {
    return data[line * 2];
  }

  @Override
  public int dataEnd(int line) {
    return data[line * 2 + 1];
  }

  @Override
  public boolean dataIs(String text) {
    if (dataLines != 1 || dataEnd(0) - dataStart(0) != text.length()) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (buffer[dataStart(0) + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean hasData() {
    for (int line = 0; line < dataLines; line++) {
      for (int i = dataStart(line); i < dataEnd(line); i++) {
        if (buffer[i] > ' ' || buffer[i] < 0) {
          return true;
        }
      }
    }
    return false;
  }
}
