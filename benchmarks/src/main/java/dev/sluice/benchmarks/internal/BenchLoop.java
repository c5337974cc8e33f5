package dev.sluice.benchmarks.internal;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Is an event loop that the bench's own thread turns, for plugins that answer from elsewhere. */
public final class BenchLoop implements Executor {
  private static final int PATIENCE_SECONDS = 60;

  private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();

  /** Creates a loop on which nothing waits. */
  public BenchLoop() {}

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  /**
   * Runs tasks until something has come true.
   *
   * @throws IllegalStateException when nothing happens any more
   */
  public void until(BooleanSupplier reached) {
    while (!reached.getAsBoolean()) {
      try {
        var task = tasks.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (task == null) {
          throw new IllegalStateException("the plugin does not let the exchange go on");
        }
        task.run();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }
}
