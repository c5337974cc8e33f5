package dev.sluice.plugin.host;

/** Writes log lines in the plugin's name, rate-limited; thread-safe and never blocking. */
public interface PluginLog {
  /** Names the levels of the proxy-wasm ABI, in its order. */
  enum Level {
    TRACE,
    DEBUG,
    INFO,
    WARN,
    ERROR,
    CRITICAL
  }

  /** Returns the lowest level that is written. */
  Level level();

  /** Writes a line. */
  void log(Level level, String message);
}
