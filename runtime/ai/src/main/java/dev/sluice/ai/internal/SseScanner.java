package dev.sluice.ai.internal;

import dev.sluice.ai.AiLimits;
import java.util.Arrays;

/**
 * Splits a stream of server-sent events (HTML Living Standard, section 9.2) into frames as it
 * arrives. A frame is all bytes up to and with the blank line that ends it, comments included, so
 * that frames put together are the stream. One thread.
 */
final class SseScanner extends Frames {
  private int lineStart;
  private boolean skipLineFeed;

  /** Start and end of each data line of the frame. */
  private int[] data = new int[8];

  private int dataLines;

  SseScanner(AiLimits limits) {
    super(limits);
  }

  @Override
  void moved(int by) {
    lineStart -= by;
    for (int i = 0; i < dataLines * 2; i++) {
      data[i] -= by;
    }
  }

  @Override
  void left() {
    dataLines = 0;
  }

  @Override
  String name() {
    return "event";
  }

  @Override
  boolean scan() {
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
        return true;
      }
      if (b == '\n' || b == '\r') {
        lineStart = at;
      }
    }
    return false;
  }

  /** Without a blank line at the end of the stream, what is left is a frame all the same. */
  @Override
  boolean isCut() {
    if (at > lineStart) {
      endOfLine(at);
      lineStart = at;
    }
    // A frame ends with the CR of its last CRLF already, so that nobody waits for the LF: what
    // begins with an LF and has no more is the rest of the line end before.
    return size - frameStart() > 1 || buffer[frameStart()] != '\n';
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
  int dataLines() {
    return dataLines;
  }

  @Override
  int dataStart(int line) {
    return data[line * 2];
  }

  @Override
  int dataEnd(int line) {
    return data[line * 2 + 1];
  }

  @Override
  boolean dataIs(String text) {
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
  boolean hasData() {
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
