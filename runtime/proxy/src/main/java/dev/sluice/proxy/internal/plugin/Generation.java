package dev.sluice.proxy.internal.plugin;

import dev.sluice.plugin.engine.PluginModule;
import dev.sluice.proxy.PluginStatus;
import dev.sluice.proxy.VmSpec;
import dev.sluice.proxy.internal.exchange.Exchange;
import dev.sluice.proxy.internal.exchange.LoopState;
import dev.sluice.proxy.internal.upstream.LoopCells;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Is one warmed set of VMs of a plugin, one for each loop, with the root contexts that were
 * configured when it was made. A configuration that comes later gets VMs of its own: no guest is
 * started or configured on a loop.
 */
final class Generation {
  private final VmSpec spec;
  private final VmKey key;
  private final PluginShared shared;
  private final PluginModule module;
  private final List<LoopVm> vms = new ArrayList<>();
  private final List<LiveRoot> roots = new ArrayList<>();
  private final LoopCells exchanges;
  private final AtomicInteger loopsOpen;
  private final PluginRuntime runtime;
  private volatile boolean handedOver;

  Generation(
      VmSpec spec,
      PluginShared shared,
      PluginModule module,
      List<LoopState> loops,
      List<RootKey> rootKeys,
      PluginRuntime runtime) {
    this.spec = spec;
    this.key = VmKey.of(spec);
    this.shared = shared;
    this.module = module;
    this.runtime = runtime;
    exchanges = new LoopCells(loops.size(), 1);
    loopsOpen = new AtomicInteger(loops.size());
    for (var loop : loops) {
      vms.add(new LoopVm(this, loop, module, runtime));
    }
    for (var rootKey : rootKeys) {
      roots.add(new LiveRoot(rootKey, this, vms.stream().map(vm -> vm.addRoot(rootKey)).toList()));
    }
  }

  VmSpec spec() {
    return spec;
  }

  VmKey key() {
    return key;
  }

  PluginShared shared() {
    return shared;
  }

  PluginModule module() {
    return module;
  }

  List<LoopVm> vms() {
    return vms;
  }

  List<LiveRoot> roots() {
    return roots;
  }

  /** Returns whether some snapshot takes new exchanges with it; the runtime's lock is held. */
  boolean isCurrent() {
    return roots.stream().anyMatch(LiveRoot::isUsed);
  }

  void exchangeBegan(int loop) {
    exchanges.add(loop, 0, 1);
  }

  void exchangeEnded(int loop) {
    exchanges.add(loop, 0, -1);
  }

  PluginStatus.Generation status() {
    return new PluginStatus.Generation(key.digest(), exchanges.sum(0), isCurrent());
  }

  /** Lets the VMs run. Idempotent. */
  void handOver() {
    handedOver = true;
    for (var vm : vms) {
      vm.loop().eventLoop().execute(vm::handOver);
    }
  }

  boolean isHandedOver() {
    return handedOver;
  }

  long liveExchanges() {
    return exchanges.sum(0);
  }

  /** Ends VMs that were never handed over. */
  void discard() {
    vms.forEach(LoopVm::discard);
    runtime.ended(this);
  }

  /** One loop's VM has ended. */
  void loopClosed() {
    if (loopsOpen.decrementAndGet() == 0) {
      runtime.ended(this);
    }
  }

  /** Resets the exchanges and connections that use it. */
  void reset(String why) {
    for (var vm : vms) {
      var loop = vm.loop();
      loop.eventLoop()
          .execute(
              () -> {
                loop.exchanges(this::isUsedBy).forEach(exchange -> exchange.abort(why));
                roots.forEach(root -> root.abortConnections(loop.number(), why));
              });
    }
  }

  private boolean isUsedBy(Exchange exchange) {
    return roots.stream().anyMatch(root -> root.isUsedBy(exchange));
  }

  /** Returns why a VM is missing, or null. */
  @Nullable String error() {
    for (var vm : vms) {
      var error = vm.error();
      if (error != null) {
        return error;
      }
    }
    return null;
  }
}
