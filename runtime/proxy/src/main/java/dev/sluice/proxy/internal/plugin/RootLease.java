package dev.sluice.proxy.internal.plugin;

import java.util.List;
import java.util.Map;

/** Is what one snapshot uses of the plugins: their roots, until it is retired. */
public final class RootLease {
  private final PluginRuntime runtime;
  private final Map<Wanted, LiveRoot> roots;
  private boolean released;

  RootLease(PluginRuntime runtime, Map<Wanted, LiveRoot> roots) {
    this.runtime = runtime;
    this.roots = Map.copyOf(roots);
  }

  /** Returns the root of a plugin with a configuration. */
  public LiveRoot root(Wanted wanted) {
    var root = roots.get(wanted);
    if (root == null) {
      throw new IllegalArgumentException("no root was leased for " + wanted);
    }
    return root;
  }

  List<LiveRoot> roots() {
    return List.copyOf(roots.values());
  }

  /** Hands new VMs over to their loops. */
  public void handOver() {
    roots.values().forEach(root -> root.generation().handOver());
  }

  /** Ends the lease: roots that no other snapshot uses end with their last exchange. Idempotent. */
  public synchronized void release() {
    if (!released) {
      released = true;
      runtime.release(this);
    }
  }
}
