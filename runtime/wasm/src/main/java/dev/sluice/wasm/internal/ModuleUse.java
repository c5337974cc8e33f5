package dev.sluice.wasm.internal;

import dev.sluice.plugin.engine.PluginModule;
import dev.sluice.plugin.engine.PluginVm;
import dev.sluice.plugin.engine.VmContext;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Is one use of a shared module. Thread-safe. */
final class ModuleUse implements PluginModule {
  private final GuestHost host;
  private final String digest;
  private final AtomicReference<@Nullable GuestModule> module;

  ModuleUse(GuestHost host, String digest, GuestModule module) {
    this.host = host;
    this.digest = digest;
    this.module = new AtomicReference<>(module);
  }

  @Override
  public PluginVm newVm(VmContext context) {
    var open = module.get();
    if (open == null) {
      throw new IllegalStateException(context.plugin() + ": the module is closed");
    }
    return new GuestVm(host, open, context);
  }

  @Override
  public void close() {
    if (module.getAndSet(null) != null) {
      host.release(digest);
    }
  }
}
