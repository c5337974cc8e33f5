package dev.sluice.testkit.internal;

import dev.sluice.plugin.host.Clock;
import dev.sluice.testkit.TestkitException;
import io.netty.channel.EventLoop;
import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.local.LocalIoHandler;
import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/**
 * Is the one event loop of a test, whose time stands still unless it is advanced, and which can
 * tell when nothing more will happen by itself. Thread-safe.
 */
public final class TestLoop implements Clock, AutoCloseable {
  /** How long a plugin may take to come to rest, in real time. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** Timers of the proxy have this grain. */
  private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private static final int MOST_STEPS = 10_000;

  /** Guests take a monotonic clock that stands at zero for a broken one (Go's runtime does). */
  private static final long UP_NANOS = TimeUnit.HOURS.toNanos(1);

  private final MockTicker ticker = Ticker.newMockTicker();
  private final Thread thread = new Thread(this::run, "sluice-testkit");
  private final ManualIoEventLoop loop =
      new ManualIoEventLoop(null, thread, LocalIoHandler.newFactory(), ticker);
  private final Queue<CompletableFuture<Void>> waiting = new ConcurrentLinkedQueue<>();
  private final long start;
  private volatile BooleanSupplier busy = () -> false;

  /** Starts a loop. */
  public TestLoop(Instant now) {
    start = TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
    thread.setDaemon(true);
    thread.start();
  }

  /** Sets what tells whether something is under way elsewhere that will reach this loop. */
  public void busyWhen(BooleanSupplier condition) {
    busy = condition;
  }

  /** Returns the loop. */
  public EventLoop eventLoop() {
    return loop;
  }

  private void run() {
    while (!loop.isTerminated()) {
      int asking = waiting.size();
      // Asked before the tasks run: what was busy has given its task to the loop when it is not.
      boolean elsewhere = busy.getAsBoolean();
      int ran = loop.runNow();
      if (loop.isShuttingDown()) {
        ticker.advance(1, TimeUnit.SECONDS); // what ends waits for time to pass
        continue;
      }
      if (ran > 0) {
        continue;
      }
      for (int i = 0; i < asking && !elsewhere; i++) {
        waiting.remove().complete(null);
      }
      loop.run(TimeUnit.MILLISECONDS.toNanos(elsewhere ? 1 : 50));
    }
  }

  /** Runs something on the loop and returns what it returns. */
  public <T> T call(Callable<T> task) {
    return await(CompletableFuture.supplyAsync(() -> unchecked(task), loop));
  }

  private static <T> T unchecked(Callable<T> task) {
    try {
      return task.call();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns when nothing more will happen unless the test does something. */
  public void settle() {
    var rest = new CompletableFuture<Void>();
    waiting.add(rest);
    loop.execute(() -> {});
    await(rest);
  }

  private static <T> T await(CompletableFuture<T> future) {
    try {
      return future.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException known) {
        throw known;
      }
      throw new IllegalStateException(e.getCause());
    } catch (TimeoutException e) {
      throw new TestkitException(
          "the plugin has not come to rest within " + PATIENCE.toSeconds() + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TestkitException("interrupted", e);
    }
  }

  /**
   * Lets time pass, in steps, so that what is due in between happens in its order.
   *
   * @param afterStep runs whenever all is at rest
   */
  public void advance(Duration by, Runnable afterStep) {
    long left = by.toNanos();
    long step = Math.max(STEP_NANOS, left / MOST_STEPS);
    while (left > 0) {
      long next = Math.min(step, left);
      ticker.advance(next, TimeUnit.NANOSECONDS);
      left -= next;
      settle();
      afterStep.run();
    }
  }

  @Override
  public long wallNanos() {
    return start + ticker.nanoTime();
  }

  @Override
  public long monotonicNanos() {
    return UP_NANOS + ticker.nanoTime();
  }

  @Override
  public void close() {
    loop.shutdownGracefully(0, 0, TimeUnit.NANOSECONDS);
    try {
      thread.join(PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
