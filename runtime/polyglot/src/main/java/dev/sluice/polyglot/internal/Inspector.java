package dev.sluice.polyglot.internal;

import java.util.Map;
import java.util.Optional;

/**
 * Is GraalVM's server of the Chrome DevTools protocol, by which scripts are stepped through. Only
 * {@code sluice plugin dev --inspect} asks for it and has its library on the class path; it listens
 * on loopback, whatever it is asked for.
 *
 * @param port 1 to 65535
 * @param path that a debugger must know
 */
record Inspector(int port, String path) {
  /** Returns what the process was asked for. */
  static Optional<Inspector> asked(ScriptLanguage language) {
    var port = Integer.getInteger("sluice.inspect.port", 0);
    return port == 0 || !language.equals(ScriptLanguage.JAVASCRIPT)
        ? Optional.empty()
        : Optional.of(new Inspector(port, System.getProperty("sluice.inspect.path", "")));
  }

  /** Returns the options of the engine. */
  Map<String, String> options() {
    return Map.of(
        "inspect",
        "127.0.0.1:" + port,
        "inspect.Path",
        path,
        "inspect.Suspend",
        "false",
        "inspect.Secure",
        "false");
  }
}
