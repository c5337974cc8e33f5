package dev.sluice.http.internal.net;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** Is what a listener knows over all loops. Thread-safe. */
public final class ListenerState {
  private final AtomicInteger connections = new AtomicInteger();
  private final CompletableFuture<Void> drained = new CompletableFuture<>();
  private volatile boolean draining;

  /** Counts a connection in, and returns how many are open. */
  public int opened() {
    return connections.incrementAndGet();
  }

  /** Counts a connection out. */
  public void closed() {
    connections.decrementAndGet();
    checkDrained();
  }

  /** Returns how many connections are open. */
  public int connections() {
    return connections.get();
  }

  /** Returns whether no new exchanges are wanted. */
  public boolean isDraining() {
    return draining;
  }

  /** Begins to drain. */
  public void drain() {
    draining = true;
    checkDrained();
  }

  /** Completes when a listener that drains has no connection left. */
  public CompletableFuture<Void> drained() {
    return drained;
  }

  private void checkDrained() {
    if (draining && connections.get() == 0) {
      drained.complete(null);
    }
  }
}
