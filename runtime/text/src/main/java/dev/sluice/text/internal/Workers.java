package dev.sluice.text.internal;

import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Runs work beside the event loops on a few threads, which end when there is none for a while. What
 * waits is bounded in number and in size; giving more is refused at once. Thread-safe.
 */
public final class Workers implements AutoCloseable {
  /** What native code that runs here has as its stack; an overflow would end the process. */
  public static final long STACK_BYTES = 16 << 20;

  private final String name;
  private final int maxItems;
  private final long maxSize;
  private final AtomicLong size = new AtomicLong();
  private final ThreadPoolExecutor threads;

  /**
   * Creates workers without starting any.
   *
   * @param name begins their threads' names
   * @param count how many at the most
   * @param maxItems how many pieces of work may wait
   * @param maxSize how large those that wait or run may be together
   */
  public Workers(String name, int count, int maxItems, long maxSize) {
    this.name = name;
    this.maxItems = maxItems;
    this.maxSize = maxSize;
    var number = new AtomicInteger();
    threads =
        new ThreadPoolExecutor(
            count,
            count,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(maxItems),
            task -> {
              var thread =
                  new Thread(null, task, name + "-" + number.getAndIncrement(), STACK_BYTES);
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
  }

  /** Is a piece of work that waits or runs. */
  private record Work(Runnable task, Consumer<ServiceException> dropped, Runnable done)
      implements Runnable {
    @Override
    public void run() {
      try {
        task.run();
      } finally {
        done.run();
      }
    }
  }

  /**
   * Takes a piece of work.
   *
   * @param dropped told, instead of running the work, when the workers are closed before
   * @throws ServiceException LIMIT when too much waits, UNAVAILABLE once closed
   */
  public void run(long weight, Runnable work, Consumer<ServiceException> dropped) {
    if (size.addAndGet(weight) > maxSize) {
      size.addAndGet(-weight);
      throw full();
    }
    try {
      threads.execute(new Work(work, dropped, () -> size.addAndGet(-weight)));
    } catch (RejectedExecutionException e) {
      size.addAndGet(-weight);
      throw threads.isShutdown() ? closed() : full();
    }
  }

  /** Returns how many pieces of work wait. */
  public int queued() {
    return threads.getQueue().size();
  }

  private ServiceException full() {
    return new ServiceException(
        Reason.LIMIT,
        name
            + ": too much waits (expected: at most "
            + maxItems
            + " calls, "
            + maxSize
            + " in all)");
  }

  private ServiceException closed() {
    return new ServiceException(Reason.UNAVAILABLE, name + ": closed");
  }

  /** Runs something on a thread of its own once closed and when nothing runs any more. */
  public void whenEnded(Runnable then) {
    Thread.ofVirtual()
        .name(name + "-end")
        .start(
            () -> {
              try {
                if (threads.awaitTermination(1, TimeUnit.MINUTES)) {
                  then.run();
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  /** Lets what runs come to its end and refuses what waits. Idempotent. */
  @Override
  public void close() {
    for (var left : threads.shutdownNow()) {
      if (left instanceof Work work) {
        work.dropped.accept(closed());
      }
    }
  }
}
