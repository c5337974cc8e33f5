package dev.sluice.ai.internal;

/**
 * Splits a provider's stream into frames as it arrives; frames put together are the stream. One
 * thread.
 */
sealed interface Frames permits SseScanner, ArrayScanner {
  /** Takes the next bytes; they are copied. */
  void feed(byte[] bytes, int offset, int length);

  /** Goes to the next frame; returns false when the rest of it has not arrived. */
  boolean next();

  /** Takes what is left when the stream ended, as a frame; returns false when that is nothing. */
  boolean last();

  /** Returns whether the stream ended inside this frame. */
  boolean unfinished();

  /** Returns what holds the frame, until bytes are fed. */
  byte[] buffer();

  int frameStart();

  int frameEnd();

  /** Returns how many lines of data the frame has. */
  int dataLines();

  int dataStart(int line);

  int dataEnd(int line);

  /** Returns whether the frame's data is a text of ASCII. */
  boolean dataIs(String text);

  /** Returns whether the frame has data that is more than white space. */
  boolean hasData();
}
