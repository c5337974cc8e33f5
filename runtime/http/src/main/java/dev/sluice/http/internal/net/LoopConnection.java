package dev.sluice.http.internal.net;

/** Is a connection as its loop sees it. All calls come on the loop. */
public interface LoopConnection {
  /**
   * Writes out what has gathered in this turn of the loop, and then makes the callbacks that wait
   * for it. Called once after {@link Loop#dirty}.
   */
  void flush();

  /**
   * Looks at the timeouts.
   *
   * @param now {@link Loop#now}
   */
  void tick(long now);

  /** Tells the peer that no more exchanges are wanted, and closes when the last one has ended. */
  void drain();

  /** Closes at once. */
  void abort();
}
