package dev.sluice.registry.internal.net;

import dev.sluice.registry.Timeouts;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.hc.core5.concurrent.Cancellable;

/** Ends an exchange that takes too long as a whole, however steadily it trickles. */
final class Deadline {
  private static final ScheduledThreadPoolExecutor WATCH = watch();

  private final Origin origin;
  private final Timeouts timeouts;
  private final ScheduledFuture<?> end;
  private volatile boolean passed;

  /** Begins to count. */
  Deadline(Cancellable request, Origin origin, Timeouts timeouts) {
    this.origin = origin;
    this.timeouts = timeouts;
    this.end =
        WATCH.schedule(
            () -> {
              passed = true;
              request.cancel();
            },
            timeouts.total().toMillis(),
            TimeUnit.MILLISECONDS);
  }

  private static ScheduledThreadPoolExecutor watch() {
    var executor =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("registry-deadlines").factory());
    executor.setRemoveOnCancelPolicy(true);
    return executor;
  }

  /** Ends the watch. */
  void settle() {
    end.cancel(false);
  }

  /** Says that time ran out where that is why an exchange failed. */
  IOException translated(IOException e) {
    if (passed) {
      return timeout(" took longer than " + timeouts.total().toMillis() + " ms", e);
    }
    // Connecting has a timeout of its own, whose message names the address.
    return e.getClass() == SocketTimeoutException.class
        ? timeout(" sent nothing for " + timeouts.idle().toMillis() + " ms", e)
        : e;
  }

  private SocketTimeoutException timeout(String what, IOException cause) {
    var timeout = new SocketTimeoutException(origin + what);
    timeout.initCause(cause);
    return timeout;
  }
}
