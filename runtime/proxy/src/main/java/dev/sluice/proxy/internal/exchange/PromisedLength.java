package dev.sluice.proxy.internal.exchange;

import dev.sluice.plugin.Headers;

/**
 * Is the content-length that left with the headers of a message whose body a filter may still
 * change. More bytes, or fewer at the end, must not follow: the peer would take the rest for
 * another message, or wait for ever (RFC 9112 section 6.3).
 */
final class PromisedLength {
  private static final int NONE = -1;

  private long announced = NONE;
  private long passed;

  /** Takes the length from the headers that leave, if they have one. */
  void take(Headers headers) {
    var length = headers.get("content-length");
    if (length != null) {
      try {
        announced = Long.parseLong(length);
      } catch (NumberFormatException e) {
        headers.remove("content-length"); // a plugin's nonsense
      }
    }
  }

  /** Counts bytes that leave. */
  void count(int bytes) {
    passed += bytes;
  }

  /** Returns whether what has left is what was announced, or at most that before the end. */
  boolean isKept(boolean end) {
    return announced == NONE || (end ? passed == announced : passed <= announced);
  }

  @Override
  public String toString() {
    return passed + " bytes (expected: the " + announced + " of the content-length that was sent)";
  }
}
