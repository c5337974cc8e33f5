package dev.sluice.proxy.internal.plugin;

import dev.sluice.plugin.FailStrategy;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.engine.PluginModule;
import dev.sluice.proxy.internal.exchange.LoopState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the VM of a generation on one loop alive: when it dies it is rebuilt off the loop, with
 * back-off. Belongs to its loop after the hand-over.
 */
final class LoopVm {
  private static final Logger LOG = LoggerFactory.getLogger(LoopVm.class);

  /** A VM that lived so long starts the back-off anew. */
  private static final long HEALTHY_NANOS = TimeUnit.SECONDS.toNanos(60);

  private static final int MOST_DOUBLINGS = 6;

  private final Generation generation;
  private final LoopState loop;
  private final PluginModule module;
  private final PluginRuntime runtime;
  private final List<LoopRoot> roots = new ArrayList<>();
  private volatile @Nullable Incarnation current;

  /** A VM that was replaced while it lived, with filters that may still run on it. */
  private @Nullable Incarnation replaced;

  private volatile @Nullable String error;
  private boolean handedOver;
  private volatile boolean rebuilding;

  /** Whether rebuilding has failed before, so that nobody should wait for it. */
  private volatile boolean hopeless;

  private boolean over;
  private int failures;
  private int endedRoots;
  private long installedNanos;

  LoopVm(Generation generation, LoopState loop, PluginModule module, PluginRuntime runtime) {
    this.generation = generation;
    this.loop = loop;
    this.module = module;
    this.runtime = runtime;
  }

  Generation generation() {
    return generation;
  }

  VmKey key() {
    return generation.key();
  }

  LoopState loop() {
    return loop;
  }

  PluginStats stats() {
    return generation.shared().stats();
  }

  PluginServices servicesFor(Incarnation incarnation) {
    return runtime.services(key(), generation.shared(), incarnation, loop);
  }

  void dropped() {
    runtime.dropped(loop.number());
  }

  /** Adds a root context; before {@link #start}. */
  LoopRoot addRoot(RootKey root) {
    var added = new LoopRoot(root, this);
    roots.add(added);
    return added;
  }

  /** Starts the VM; blocks, on a warm-up thread. */
  Incarnation start() {
    return Incarnation.start(this, module, List.copyOf(roots));
  }

  /** Takes the first VM; before the hand-over. */
  void install(Incarnation first) {
    use(first);
  }

  private void use(Incarnation incarnation) {
    current = incarnation;
    incarnation.roots().forEach(root -> root.owner().install(root));
    installedNanos = System.nanoTime();
  }

  /** Lets the VM run; on the loop. */
  void handOver() {
    var first = current;
    if (!handedOver && first != null) {
      handedOver = true;
      first.handOver();
    }
  }

  /** Gives up before the hand-over, on any thread. */
  void discard() {
    var first = current;
    if (first != null) {
      first.close();
    }
  }

  /** Returns the bytes of guest memory; any thread may ask. */
  long memoryBytes() {
    var incarnation = current;
    return incarnation == null || incarnation.isClosed() ? 0 : incarnation.vm().memoryBytes();
  }

  /** Returns whether a VM lives; any thread may ask. */
  boolean isAlive() {
    var incarnation = current;
    return incarnation != null && incarnation.isAlive();
  }

  /**
   * Returns whether something is under way for the VM that will reach its loop, its rebuilding
   * included unless that fails again and again; any thread may ask.
   */
  boolean isBusy() {
    var incarnation = current;
    return (rebuilding && !hopeless)
        || (incarnation != null && !incarnation.isClosed() && incarnation.vm().isBusy());
  }

  /** Returns why there is no VM, or null; any thread may ask. */
  @Nullable String error() {
    return error;
  }

  /** A filter failed on an exchange. */
  void filterFailed(PluginException cause, FailStrategy strategy) {
    stats().failed(loop.number(), cause.kind());
    if (cause.kind() != PluginException.Kind.DEAD) {
      generation.shared().failed(cause);
    }
    rebuildWhenNeeded(cause, strategy == FailStrategy.FAIL_RELOAD);
  }

  /** Something failed outside of any exchange: a tick, a completion, the end. */
  void failed(Incarnation incarnation, Throwable thrown) {
    var cause =
        thrown instanceof PluginException known
            ? known
            : new PluginException(PluginException.Kind.INTERNAL, thrown.toString(), thrown);
    stats().failed(loop.number(), cause.kind());
    generation.shared().failed(cause);
    if (incarnation == current) {
      rebuildWhenNeeded(cause, false);
    }
  }

  private void rebuildWhenNeeded(PluginException cause, boolean always) {
    var incarnation = current;
    if (rebuilding || over || incarnation == null || (!always && incarnation.isAlive())) {
      return;
    }
    rebuilding = true;
    error = cause.kind() + ": " + cause.getMessage();
    incarnation.roots().forEach(RootOnLoop::stopTicking);
    roots.forEach(root -> root.install(null));
    if (System.nanoTime() - installedNanos > HEALTHY_NANOS) {
      failures = 0;
    }
    scheduleRebuild();
  }

  /** A plugin wants a new VM; this one serves until then. */
  void rebuildAsked(Incarnation incarnation) {
    if (rebuilding || over || incarnation != current || !incarnation.isAlive()) {
      return;
    }
    rebuilding = true;
    if (System.nanoTime() - installedNanos > HEALTHY_NANOS) {
      failures = 0;
    }
    scheduleRebuild();
  }

  private void scheduleRebuild() {
    Duration delay = runtime.rebuildDelay().multipliedBy(1L << Math.min(failures, MOST_DOUBLINGS));
    hopeless = failures > 0;
    failures++;
    var alive = roots.stream().filter(root -> !root.isClosed()).toList();
    LOG.info("plugin {}: its VM on loop {} is rebuilt in {}", key().plugin(), loop.number(), delay);
    runtime
        .warmUp()
        .later(
            delay,
            () ->
                runtime
                    .warmUp()
                    .run(
                        key().limits().startTime(),
                        () -> Incarnation.start(this, module, alive),
                        Incarnation::close)
                    .whenComplete(this::rebuilt));
  }

  private void rebuilt(@Nullable Incarnation made, @Nullable Throwable failure) {
    loop.eventLoop()
        .execute(
            () -> {
              if (made != null) {
                replace(made);
              } else if (over) {
                rebuilding = false;
              } else {
                error = String.valueOf(failure);
                LOG.warn("plugin {}: its VM was not rebuilt: {}", key().plugin(), error);
                scheduleRebuild();
              }
            });
  }

  private void replace(Incarnation made) {
    rebuilding = false;
    if (over) {
      made.close();
      return;
    }
    closeReplaced();
    var old = current;
    if (old != null && old.isAlive()) {
      old.roots().forEach(RootOnLoop::stopTicking);
      replaced = old;
    } else if (old != null) {
      old.close();
    }
    error = null;
    use(made);
    made.handOver();
    // Roots that were retired meanwhile have nobody who would close them later.
    made.roots().stream()
        .filter(root -> root.owner().isClosed())
        .forEach(root -> root.close(() -> {}));
    LOG.info("plugin {}: its VM on loop {} is back", key().plugin(), loop.number());
  }

  /** Ends it at once, whatever still uses it; on the loop. */
  void closeNow() {
    over = true;
    closeReplaced();
    var last = current;
    if (last != null) {
      last.roots().forEach(RootOnLoop::stopTicking);
      last.close();
    }
  }

  private void closeReplaced() {
    if (replaced != null) {
      replaced.close();
      replaced = null;
    }
  }

  /** A root context has ended; the VM ends with the last. */
  void rootClosed() {
    endedRoots++;
    if (endedRoots == roots.size() && !over) {
      over = true;
      closeReplaced();
      var last = current;
      if (last != null) {
        last.close();
      }
      generation.loopClosed();
    }
  }
}
