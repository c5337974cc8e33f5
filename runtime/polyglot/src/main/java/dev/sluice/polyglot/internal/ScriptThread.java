package dev.sluice.polyglot.internal;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs what scripts do, one task after another. The thread behind it is replaced when a script
 * keeps it and cannot be stopped: what waits then runs on the new one. Thread-safe.
 */
final class ScriptThread implements Executor, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ScriptThread.class);

  /** Interpreted scripts need several native frames for each of their own. */
  private static final long STACK_BYTES = 4L << 20;

  private final String name;
  private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
  private final AtomicInteger unfinished = new AtomicInteger();
  private volatile @Nullable Thread current;
  private int replacements;
  private boolean closed;

  ScriptThread(String name) {
    this.name = name;
  }

  @Override
  public void execute(Runnable task) {
    if (current == null) {
      begin();
    }
    unfinished.incrementAndGet();
    tasks.add(task);
  }

  /** Returns whether a task runs or waits; one that keeps a thread that was replaced does not. */
  boolean isBusy() {
    return unfinished.get() > 0;
  }

  private synchronized void begin() {
    if (current == null && !closed) {
      current = start(name);
    }
  }

  private Thread start(String threadName) {
    var thread = new Thread(null, this::run, threadName, STACK_BYTES);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** Puts another thread in the place of one that a script keeps; ignored when it was done. */
  synchronized void replace(Thread stuck) {
    if (current == stuck && !closed) {
      replacements++;
      unfinished.decrementAndGet();
      current = start(name + "-" + replacements);
    }
  }

  private void run() {
    try {
      while (isCurrent()) {
        var task = tasks.take();
        if (!isCurrent()) {
          tasks.add(task);
          return;
        }
        try {
          task.run();
        } catch (RuntimeException | StackOverflowError | LinkageError e) {
          LOG.error("{}: defect of the host", name, e);
        } finally {
          finished();
        }
      }
    } catch (InterruptedException e) {
      // Closed: nothing runs any more.
    }
  }

  private synchronized void finished() {
    if (isCurrent()) {
      unfinished.decrementAndGet();
    }
  }

  private synchronized boolean isCurrent() {
    return !closed && (current == null || current == Thread.currentThread());
  }

  /** Returns how often the thread had to be replaced. */
  synchronized int replacements() {
    return replacements;
  }

  @Override
  public synchronized void close() {
    closed = true;
    var thread = current;
    if (thread != null) {
      thread.interrupt();
    }
  }
}
