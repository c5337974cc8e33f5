package dev.sluice.proxy.internal.plugin;

import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.Properties;
import dev.sluice.plugin.RootContext;
import dev.sluice.plugin.engine.PluginRoot;
import dev.sluice.plugin.host.HostServices;
import dev.sluice.proxy.internal.exchange.ChainLink;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Is a root context in one VM. Belongs to the warm-up thread until the hand-over, then to its loop.
 */
final class RootOnLoop implements RootContext {
  /** How long a root context that is not done may take. */
  private static final long DONE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final LoopRoot owner;
  private final Incarnation incarnation;
  private @Nullable PluginRoot root;
  private int callbacks;
  private volatile long tickNanos;
  private boolean handedOver;
  private boolean closing;
  private boolean closed;
  private Runnable afterwards = () -> {};
  private @Nullable ScheduledFuture<?> ticking;

  RootOnLoop(LoopRoot owner, Incarnation incarnation) {
    this.owner = owner;
    this.incarnation = incarnation;
  }

  /** Makes and configures it; on a warm-up thread. */
  void start() {
    var made = incarnation.vm().newRoot(this);
    root = made;
    int bits = 0;
    for (var callback : made.callbacks()) {
      bits |= ChainLink.bit(callback);
    }
    callbacks = bits;
  }

  LoopRoot owner() {
    return owner;
  }

  int callbacks() {
    return callbacks;
  }

  PluginRoot root() {
    var made = root;
    if (made == null) {
      throw new PluginException(PluginException.Kind.DEAD, "the root context has not started");
    }
    return made;
  }

  void handOver() {
    handedOver = true;
    schedule();
  }

  private void schedule() {
    if (ticking != null) {
      ticking.cancel(false);
      ticking = null;
    }
    long period = tickNanos;
    if (period > 0 && !closing) {
      ticking =
          owner
              .vm()
              .loop()
              .eventLoop()
              .scheduleAtFixedRate(this::tick, period, period, TimeUnit.NANOSECONDS);
    }
  }

  /** Stops its ticks for good: another takes its place. */
  void stopTicking() {
    handedOver = false;
    tickNanos = 0;
    schedule();
  }

  private void tick() {
    if (closing || incarnation.isClosed()) {
      return;
    }
    try {
      owner.called();
      root().onTick();
    } catch (RuntimeException | StackOverflowError | LinkageError e) {
      owner.vm().failed(incarnation, e);
    }
  }

  /** Ends it: at once, or when it says that it is done; on the loop. */
  void close(Runnable whenClosed) {
    if (closing) {
      return;
    }
    closing = true;
    schedule();
    afterwards = whenClosed;
    boolean done = true;
    if (!incarnation.isClosed()) {
      try {
        done = root().onDone();
      } catch (RuntimeException | StackOverflowError | LinkageError e) {
        owner.vm().failed(incarnation, e);
      }
    }
    if (done) {
      end();
    } else {
      owner.vm().loop().eventLoop().schedule(this::end, DONE_NANOS, TimeUnit.NANOSECONDS);
    }
  }

  private void end() {
    if (closed) {
      return;
    }
    closed = true;
    if (!incarnation.isClosed()) {
      try {
        root().close();
      } catch (RuntimeException | StackOverflowError | LinkageError e) {
        owner.vm().failed(incarnation, e);
      }
    }
    afterwards.run();
  }

  // RootContext

  @Override
  public String plugin() {
    return owner.plugin();
  }

  @Override
  public String rootId() {
    return owner.rootId();
  }

  @Override
  public byte[] configuration() {
    return owner.key().configuration().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public HostServices services() {
    return incarnation.services();
  }

  @Override
  public Properties properties() {
    return new Properties() {
      @Override
      public byte @Nullable [] get(List<String> path) {
        return switch (path.isEmpty() ? "" : path.getFirst()) {
          case "plugin_name" -> plugin().getBytes(StandardCharsets.UTF_8);
          case "plugin_root_id" -> rootId().getBytes(StandardCharsets.UTF_8);
          case "plugin_vm_id" -> owner.vmId().getBytes(StandardCharsets.UTF_8);
          default -> null;
        };
      }

      @Override
      public boolean set(List<String> path, byte[] value) {
        return false;
      }
    };
  }

  @Override
  public void setTickPeriod(Duration period) {
    if (period.isNegative()) {
      throw new IllegalArgumentException("period: " + period + " (expected: 0s or more)");
    }
    tickNanos = period.toNanos();
    if (handedOver && !closed) {
      schedule();
    }
  }

  @Override
  public void rebuild() {
    if (handedOver) {
      owner.vm().loop().eventLoop().execute(() -> owner.vm().rebuildAsked(incarnation));
    }
  }

  @Override
  public void done() {
    if (closing) {
      // Called from inside the plugin: it is not to be deleted under its own feet.
      owner.vm().loop().eventLoop().execute(this::end);
    }
  }
}
