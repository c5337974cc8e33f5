package dev.sluice.proxy.internal.plugin;

import dev.sluice.plugin.PluginException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Runs what must not run on a loop: compiling and starting plugins. As many run at once as there
 * are processors; one that does not return in time is interrupted and given up, and with it its
 * thread, so that it cannot keep the others from starting.
 */
final class WarmUp implements AutoCloseable {
  /** Given on top of the engine's own limit, which reports better. */
  private static final Duration GRACE = Duration.ofSeconds(2);

  private static final ThreadFactory THREADS =
      Thread.ofPlatform().daemon().name("sluice-warm-up-", 0).factory();

  private final ExecutorService threads = Executors.newCachedThreadPool(THREADS);
  private final ScheduledExecutorService delays =
      Executors.newSingleThreadScheduledExecutor(THREADS);
  private final Semaphore places = new Semaphore(Runtime.getRuntime().availableProcessors());

  /**
   * Starts something.
   *
   * @param limit from when it has a place
   * @param tooLate ends what was made after the limit
   */
  <T> CompletableFuture<T> run(Duration limit, Supplier<T> task, Consumer<T> tooLate) {
    var result = new CompletableFuture<T>();
    threads.execute(() -> waitAndRun(limit, task, tooLate, result));
    return result;
  }

  private <T> void waitAndRun(
      Duration limit, Supplier<T> task, Consumer<T> tooLate, CompletableFuture<T> result) {
    try {
      places.acquire();
    } catch (InterruptedException e) {
      result.completeExceptionally(
          new PluginException(PluginException.Kind.INTERNAL, "the gateway is shutting down", e));
      Thread.currentThread().interrupt();
      return;
    }
    var place = new AtomicReference<>(places);
    var worker = Thread.currentThread();
    var alarm =
        delays.schedule(
            () -> giveUp(limit, worker, place, result),
            limit.plus(GRACE).toMillis(),
            TimeUnit.MILLISECONDS);
    try {
      var made = task.get();
      if (!result.complete(made)) {
        tooLate.accept(made);
      }
    } catch (RuntimeException | StackOverflowError | LinkageError e) {
      result.completeExceptionally(e);
    } finally {
      alarm.cancel(false);
      free(place);
    }
  }

  private static <T> void giveUp(
      Duration limit,
      Thread worker,
      AtomicReference<Semaphore> place,
      CompletableFuture<T> result) {
    if (result.completeExceptionally(
        new PluginException(
            PluginException.Kind.TIMEOUT,
            "did not start within " + limit + " (limits.startTime)"))) {
      free(place);
      worker.interrupt();
    }
  }

  private static void free(AtomicReference<Semaphore> place) {
    var held = place.getAndSet(null);
    if (held != null) {
      held.release();
    }
  }

  /** Runs something small later. */
  void later(Duration delay, Runnable task) {
    if (!delays.isShutdown()) {
      delays.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public void close() {
    delays.shutdownNow();
    threads.shutdownNow();
  }
}
