package dev.sluice.standin;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * Says how a stand-in runs.
 *
 * @param address where it listens; port 0 takes a free one
 * @param threads event loops, at least 1
 * @param text what it answers, word by word, unless a request asks for something else
 * @param pace the time between two words of a stream, 0 for none
 * @param keyRequired whether a request without an API key is refused
 */
public record StandInOptions(
    InetSocketAddress address, int threads, String text, Duration pace, boolean keyRequired) {
  /** A free port of the loopback address, one loop, no pause between words, no key needed. */
  public static final StandInOptions DEFAULT =
      new StandInOptions(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
          1,
          "I may not say much, but between us: the launch of Project Bluebird is on Friday.",
          Duration.ZERO,
          false);

  /**
   * @throws IllegalArgumentException when there is no thread, no text or a negative pace
   */
  public StandInOptions {
    if (threads < 1 || text.isBlank() || pace.isNegative()) {
      throw new IllegalArgumentException(
          "threads: %d, text: \"%s\", pace: %s (expected: 1 or more, a word or more, 0 or more)"
              .formatted(threads, text, pace));
    }
  }

  /** Returns these with another address. */
  public StandInOptions at(InetSocketAddress where) {
    return new StandInOptions(where, threads, text, pace, keyRequired);
  }

  /** Returns these with another text. */
  public StandInOptions saying(String words) {
    return new StandInOptions(address, threads, words, pace, keyRequired);
  }

  /** Returns these with another pace. */
  public StandInOptions every(Duration time) {
    return new StandInOptions(address, threads, text, time, keyRequired);
  }
}
