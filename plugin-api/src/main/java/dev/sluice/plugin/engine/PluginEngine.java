package dev.sluice.plugin.engine;

import dev.sluice.plugin.PluginException;

/** Runs the plugins of one kind; found through {@link java.util.ServiceLoader}. Thread-safe. */
public interface PluginEngine extends AutoCloseable {
  /** Returns the name used in manifests and configuration: {@code wasm, js, python, java}. */
  String name();

  /**
   * Reads, checks and compiles a plugin. Blocks, so it is called on a warm-up thread, never on an
   * event loop. The same digest and options may be compiled once and shared.
   *
   * @throws PluginException with kind LOAD and a message that names what was found and expected
   */
  PluginModule load(PluginSource source, EngineOptions options);

  /**
   * Says that exchanges are served from now on, so that {@link #load} must not take from them what
   * they need: processor, pauses of the collector. Called once or more, from any thread.
   */
  default void serving() {}

  /** Releases what all modules share; called when the gateway stops. */
  @Override
  default void close() {}
}
