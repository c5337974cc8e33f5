package dev.sluice.polyglot.internal;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Samples every {@link CallGuard} each two milliseconds while scripts run, and sleeps while none
 * does. Thread-safe.
 */
final class Watchdog implements AutoCloseable {
  private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
  private static final long DOZE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final int IDLE_SAMPLES = 50;

  private final String language;
  private final Set<CallGuard> guards = ConcurrentHashMap.newKeySet();
  private @Nullable Thread sampler;
  private volatile boolean dozing;
  private volatile boolean closed;

  Watchdog(String language) {
    this.language = language;
  }

  /** Watches over a context. */
  CallGuard register(CallGuard.Owner owner) {
    var guard = new CallGuard(this, owner);
    guards.add(guard);
    synchronized (this) {
      if (sampler == null && !closed) {
        var thread = new Thread(this::run, "sluice-" + language + "-watchdog");
        thread.setDaemon(true);
        thread.start();
        sampler = thread;
      }
    }
    return guard;
  }

  void unregister(CallGuard guard) {
    guards.remove(guard);
  }

  /** Ends a doze; one read when the watchdog is awake. */
  void wakeUp() {
    if (dozing) {
      dozing = false;
      LockSupport.unpark(sampler);
    }
  }

  @Override
  public void close() {
    closed = true;
    wakeUp();
  }

  private void run() {
    int idle = 0;
    while (!closed) {
      boolean armed = false;
      for (var guard : guards) {
        guard.sample();
        armed |= guard.isArmed();
      }
      idle = armed ? 0 : idle + 1;
      if (idle < IDLE_SAMPLES) {
        LockSupport.parkNanos(PERIOD_NANOS);
      } else {
        // One that is armed just before the flag is set is found after the doze's first period.
        dozing = true;
        LockSupport.parkNanos(this, DOZE_NANOS);
        dozing = false;
      }
    }
  }
}
