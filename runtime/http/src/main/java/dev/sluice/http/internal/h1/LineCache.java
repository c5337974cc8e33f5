package dev.sluice.http.internal.h1;

import dev.sluice.http.internal.net.Name;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the last field line at each place of a message head. A peer mostly repeats itself, and
 * an equal line is one comparison of memory: no validation, no new strings, and the next codec
 * recognizes the value by its reference.
 *
 * <p>Shared by the connections to one upstream on one loop, or owned by one connection of a client.
 */
final class LineCache {
  private static final int PLACES = 32;
  private static final int LONGEST = 512;

  /** A place that never repeats is not worth the copies: it is left alone after so many misses. */
  private static final int PATIENCE = 64;

  private final @Nullable Line[] lines = new @Nullable Line[PLACES];
  private final int[] misses = new int[PLACES];

  /** The whole start line of the last message, with what it meant. */
  byte[] startLine = {};

  String startFirst = "";
  String startSecond = "";
  @Nullable String startThird;

  /** Is a field line: its octets, line end included, with its name and value. */
  record Line(byte[] octets, Name name, String value) {}

  /** Returns the line at a place when it is what stands in an array, else null. */
  @Nullable Line match(int place, byte[] octets, int from, int to) {
    if (place >= PLACES) {
      return null;
    }
    var line = lines[place];
    if (line == null) {
      return null;
    }
    int end = from + line.octets.length;
    return end <= to && Arrays.equals(octets, from, end, line.octets, 0, line.octets.length)
        ? line
        : null;
  }

  /** Remembers a line that was not the one at its place. */
  void put(int place, byte[] octets, int from, int to, Name name, String value) {
    if (place < PLACES && to - from <= LONGEST && misses[place] < PATIENCE) {
      misses[place]++;
      lines[place] = new Line(Arrays.copyOfRange(octets, from, to), name, value);
    }
  }

  /** Notes that a place repeats itself. */
  void hit(int place) {
    misses[place] = 0;
  }

  boolean isStartLine(byte[] octets, int from, int to) {
    int end = from + startLine.length;
    return startLine.length > 0
        && end <= to
        && Arrays.equals(octets, from, end, startLine, 0, startLine.length);
  }

  void startLine(
      byte[] octets, int from, int to, String first, String second, @Nullable String third) {
    if (to - from <= LONGEST) {
      startLine = Arrays.copyOfRange(octets, from, to);
      startFirst = first;
      startSecond = second;
      startThird = third;
    }
  }
}
