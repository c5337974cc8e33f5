package dev.sluice.registry;

/** Watches a transfer. Called on the thread that transfers, so it must be quick. */
@FunctionalInterface
public interface Progress {
  /** Watches nothing. */
  Progress NONE = (what, bytes, total) -> {};

  /**
   * Bytes moved.
   *
   * @param what the digest that is transferred
   * @param bytes moved so far
   * @param total of the whole, or -1 when unknown
   */
  void moved(String what, long bytes, long total);
}
