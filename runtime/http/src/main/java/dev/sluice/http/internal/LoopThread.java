package dev.sluice.http.internal;

import io.netty.util.concurrent.FastThreadLocalThread;

/** Is the thread of a loop and knows which. */
final class LoopThread extends FastThreadLocalThread {
  private final Object transport;
  private final int number;

  LoopThread(Object transport, int number, Runnable task) {
    super(task, "sluice-loop-" + number);
    this.transport = transport;
    this.number = number;
  }

  /** Returns the number of the loop in a transport, or -1 when it belongs to another. */
  int numberIn(Object other) {
    return transport == other ? number : -1;
  }
}
