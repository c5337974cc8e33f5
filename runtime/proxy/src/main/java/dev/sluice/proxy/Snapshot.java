package dev.sluice.proxy;

/**
 * Is one immutable, complete, warmed configuration, made by {@link ProxyServer#prepare}. It serves
 * after {@link ProxyServer#swap}; exchanges that began on it keep it to their end. Thread-safe.
 */
public interface Snapshot {
  /** Returns its number; later ones are greater. */
  long id();

  /** Returns what it was made from. */
  SnapshotSpec spec();

  /**
   * Gives up a snapshot that was prepared and will not serve. Idempotent; too late after a swap.
   */
  void discard();
}
