package dev.sluice.proxy.internal.plugin;

import dev.sluice.plugin.engine.PluginModule;
import dev.sluice.plugin.engine.PluginVm;
import dev.sluice.plugin.engine.VmContext;
import dev.sluice.plugin.host.HostServices;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Is one life of a VM on one loop, with its root contexts. Started on a warm-up thread, then handed
 * over, once, to the loop.
 */
final class Incarnation implements Executor {
  private static final Logger LOG = LoggerFactory.getLogger(Incarnation.class);

  private final LoopVm owner;
  private final HandOverExecutor handOver;
  private final PluginServices services;
  private final List<RootOnLoop> roots = new ArrayList<>();
  private @Nullable PluginVm vm;
  private volatile boolean closed;

  private Incarnation(LoopVm owner) {
    this.owner = owner;
    handOver = new HandOverExecutor(owner.loop().eventLoop());
    services = owner.servicesFor(this);
  }

  /** Starts a VM and configures its root contexts; blocks. */
  static Incarnation start(LoopVm owner, PluginModule module, List<LoopRoot> roots) {
    var made = new Incarnation(owner);
    var key = owner.key();
    made.vm =
        module.newVm(
            new VmContext(
                key.plugin(),
                key.vmId(),
                key.configuration().getBytes(StandardCharsets.UTF_8),
                key.environment(),
                key.limits(),
                owner.loop().number(),
                made,
                made.services));
    try {
      for (var root : roots) {
        var onLoop = new RootOnLoop(root, made);
        made.roots.add(onLoop);
        onLoop.start();
      }
    } catch (RuntimeException | StackOverflowError | LinkageError e) {
      made.close();
      throw e;
    }
    return made;
  }

  PluginVm vm() {
    var made = vm;
    if (made == null) {
      throw new IllegalStateException("the VM has not started");
    }
    return made;
  }

  HostServices services() {
    return services;
  }

  List<RootOnLoop> roots() {
    return roots;
  }

  boolean isClosed() {
    return closed;
  }

  boolean isAlive() {
    return !closed && vm().isAlive();
  }

  /** Lets it run; on the loop. */
  void handOver() {
    handOver.open();
    roots.forEach(RootOnLoop::handOver);
  }

  /** Runs a completion or task of the VM on its loop; dropped when the VM has ended meanwhile. */
  @Override
  public void execute(Runnable task) {
    handOver.execute(
        () -> {
          if (closed) {
            owner.dropped();
            return;
          }
          try {
            task.run();
          } catch (RuntimeException | StackOverflowError | LinkageError e) {
            owner.failed(this, e);
          }
        });
  }

  /** Ends it; on the loop, or before the hand-over. Idempotent. */
  void close() {
    if (closed) {
      return;
    }
    closed = true;
    services.close();
    try {
      vm().close();
    } catch (RuntimeException | StackOverflowError | LinkageError e) {
      LOG.warn("plugin {}: its VM did not close cleanly", owner.key().plugin(), e);
    }
  }
}
