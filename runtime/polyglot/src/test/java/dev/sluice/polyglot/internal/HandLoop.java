package dev.sluice.polyglot.internal;

import dev.sluice.plugin.PluginException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Is an event loop that the test turns itself; what a task throws counts as in the proxy. */
final class HandLoop implements Executor {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(90);

  private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();

  /** What tasks have thrown. */
  final List<PluginException> failures = new ArrayList<>();

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  /** Runs tasks until something has come true. */
  void until(BooleanSupplier reached) {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!reached.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("nothing came of it; failures: " + failures);
      }
      try {
        var task = tasks.poll(5, TimeUnit.MILLISECONDS);
        if (task != null) {
          run(task);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError(e);
      }
    }
  }

  private void run(Runnable task) {
    try {
      task.run();
    } catch (PluginException e) {
      failures.add(e);
    }
  }
}
