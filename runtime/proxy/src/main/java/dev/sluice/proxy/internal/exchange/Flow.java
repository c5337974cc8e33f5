package dev.sluice.proxy.internal.exchange;

import dev.sluice.http.HttpStream;
import org.jspecify.annotations.Nullable;

/**
 * Carries backpressure from one leg to the other: a byte is returned to the window of the peer that
 * sent it once no byte in its place waits to be written to the other leg. Filters may make bytes
 * more or fewer, so it is sums that are compared, not bytes.
 */
final class Flow {
  private @Nullable HttpStream source;
  private int debt;
  private int inFlight;
  private int blocked;
  private boolean finished;

  /** Sets where the bytes come from. */
  void source(HttpStream stream) {
    source = stream;
  }

  /** Bytes came from the source. */
  void arrived(int bytes) {
    debt += bytes;
  }

  /** Bytes wait to be written. */
  void queued(int bytes) {
    inFlight += bytes;
  }

  /** Bytes were written or discarded. */
  void left(int bytes) {
    inFlight -= bytes;
  }

  /** Returns the bytes that wait to be written. */
  int inFlight() {
    return inFlight;
  }

  /** A filter holds as much as it may (true), or no longer does (false). */
  void block(boolean full) {
    blocked += full ? 1 : -1;
  }

  /** Returns to the peer what need not be held against it. */
  void settle() {
    int free = finished ? debt : debt - inFlight;
    if (free > 0 && (blocked == 0 || finished) && source != null) {
      debt -= free;
      source.consumed(free);
    }
  }

  /** Returns everything from now on: nobody waits for these bytes any more. */
  void finish() {
    finished = true;
    settle();
  }
}
