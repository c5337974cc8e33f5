package dev.sluice.proxy.internal.plugin;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Runs tasks on a loop, but none before a VM was handed over to it. Thread-safe. */
final class HandOverExecutor implements Executor {
  private final Executor loop;
  private @Nullable List<Runnable> waiting = new ArrayList<>();

  HandOverExecutor(Executor loop) {
    this.loop = loop;
  }

  @Override
  public void execute(Runnable task) {
    synchronized (this) {
      if (waiting != null) {
        waiting.add(task);
        return;
      }
    }
    loop.execute(task);
  }

  /** Lets the tasks go. */
  void open() {
    List<Runnable> tasks;
    synchronized (this) {
      tasks = waiting == null ? List.of() : waiting;
      waiting = null;
    }
    tasks.forEach(loop::execute);
  }
}
