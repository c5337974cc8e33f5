package dev.sluice.plugin.engine;

import dev.sluice.plugin.PluginException;

/** Is a compiled plugin, from which VMs are made. Thread-safe. */
public interface PluginModule extends AutoCloseable {
  /**
   * Instantiates and starts a VM for one event loop. Blocks; called on a warm-up thread. The VM is
   * then handed over, once, to its loop.
   *
   * @throws PluginException when the guest does not start within {@link
   *     dev.sluice.plugin.Limits#startTime}
   */
  PluginVm newVm(VmContext context);

  /** Releases the code; called after every VM was closed. Idempotent. */
  @Override
  void close();
}
