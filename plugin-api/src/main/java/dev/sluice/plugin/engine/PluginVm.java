package dev.sluice.plugin.engine;

import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.RootContext;

/**
 * Is a running instance of a plugin. Belongs to the warm-up thread until it is handed over, then to
 * one event loop; only {@link #isAlive}, {@link #memoryBytes} may be read from elsewhere.
 */
public interface PluginVm extends AutoCloseable {
  /**
   * Makes a root context and configures it. Called on a warm-up thread before the hand-over; for a
   * VM that already serves, on its loop.
   *
   * @throws PluginException with kind CONFIGURE when the plugin refuses the configuration
   */
  PluginRoot newRoot(RootContext context);

  /** Returns false once the VM has failed for good and must be rebuilt. */
  boolean isAlive();

  /**
   * Returns whether something is under way for it on threads of the engine's own, which will reach
   * its loop. What it gives its loop is given before this turns false. Any thread may ask.
   */
  default boolean isBusy() {
    return false;
  }

  /** Returns the bytes of guest memory. */
  long memoryBytes();

  /** Ends the VM and its contexts. Idempotent; called on its loop, or before the hand-over. */
  @Override
  void close();
}
