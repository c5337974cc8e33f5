package dev.sluice.plugin.host;

/**
 * Defines and changes metrics, exported with the plugin's name as label. Definitions are shared by
 * all instances of a plugin: defining a name again returns the same metric. Thread-safe.
 */
public interface Metrics {
  /** Names the kinds in the order of the proxy-wasm ABI. */
  enum Type {
    COUNTER,
    GAUGE,
    HISTOGRAM
  }

  /**
   * Defines a metric and returns its id, from 1.
   *
   * @throws ServiceException LIMIT past the plugin's number of metrics, BAD_ARGUMENT when the name
   *     exists with another type
   */
  int define(Type type, String name);

  /** Adds to a counter or gauge; a counter takes no negative delta (BAD_ARGUMENT). */
  void increment(int id, long delta);

  /** Sets a gauge, or records a value in a histogram. */
  void record(int id, long value);

  /** Returns the value of a counter or gauge. */
  long get(int id);
}
