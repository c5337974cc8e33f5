package dev.sluice.state.internal.vectors;

import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Runs work one after another on a thread of its own, so that what it touches needs no locks. What
 * waits is bounded; more is refused at once.
 */
final class Lane implements AutoCloseable {
  private final int maxWaiting;
  private final ThreadPoolExecutor thread;

  Lane(String name, int maxWaiting) {
    this.maxWaiting = maxWaiting;
    thread =
        new ThreadPoolExecutor(
            1,
            1,
            30,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(maxWaiting),
            task -> {
              var made = new Thread(task, name);
              made.setDaemon(true);
              return made;
            });
    thread.allowCoreThreadTimeOut(true);
  }

  /** Is a piece of work that someone waits for. */
  private record Work(Runnable task, Consumer<ServiceException> dropped) implements Runnable {
    @Override
    public void run() {
      task.run();
    }
  }

  /**
   * Takes a piece of work.
   *
   * @param dropped told, instead, when the lane is closed before
   * @throws ServiceException LIMIT when too much waits, UNAVAILABLE once closed
   */
  void run(Runnable task, Consumer<ServiceException> dropped) {
    if (!offer(new Work(task, dropped))) {
      throw thread.isShutdown()
          ? closed()
          : new ServiceException(Reason.LIMIT, "vectors: more than " + maxWaiting + " calls wait");
    }
  }

  /** Takes work that nobody waits for, and says whether there was room for it. */
  boolean offer(Runnable task) {
    try {
      thread.execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  private static ServiceException closed() {
    return new ServiceException(Reason.UNAVAILABLE, "vectors: closed");
  }

  @Override
  public void close() {
    for (var left : thread.shutdownNow()) {
      if (left instanceof Work work) {
        work.dropped.accept(closed());
      }
    }
  }
}
