package dev.sluice.plugin.engine;

import dev.sluice.plugin.Callback;
import dev.sluice.plugin.Plugin;
import java.util.Set;

/** Is a plugin as its engine runs it: a configured root context of a VM, on the VM's loop. */
public interface PluginRoot extends Plugin {
  /** Returns the callbacks that the plugin implements; the chain leaves out the others. */
  Set<Callback> callbacks();
}
