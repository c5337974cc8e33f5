package dev.sluice.wasm.internal;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Interrupts guest calls that use more CPU time than they may: one daemon thread that samples the
 * {@link CallGuard} of each VM every two milliseconds while guests run, and sleeps while none does.
 *
 * <p>It measures the CPU time of the guest's thread, so that a machine under load does not fail
 * plugins that only waited for their turn. A call is interrupted one to two sampling periods after
 * its limit. Thread-safe.
 */
final class Watchdog implements AutoCloseable {
  /** Tells how long a thread has been running. */
  interface ThreadClock {
    /** Returns nanoseconds of CPU time, or of time where the platform does not tell. */
    long nanos(Thread thread);
  }

  private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
  private static final long DOZE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final int IDLE_SAMPLES = 50;

  private final Set<CallGuard> guards = ConcurrentHashMap.newKeySet();
  private @Nullable Thread sampler;
  private volatile boolean dozing;
  private volatile boolean closed;

  /** Makes a guard for a VM. */
  CallGuard register() {
    var guard = new CallGuard(this);
    guards.add(guard);
    synchronized (this) {
      if (sampler == null && !closed) {
        var thread = new Thread(this::run, "sluice-wasm-watchdog");
        thread.setDaemon(true);
        thread.start();
        sampler = thread;
      }
    }
    return guard;
  }

  /** Forgets the guard of a VM that was closed. */
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
    Thread thread;
    synchronized (this) {
      thread = sampler;
    }
    LockSupport.unpark(thread);
  }

  private void run() {
    ThreadClock clock = cpuClock();
    int idle = 0;
    long lastCalls = 0;
    while (!closed) {
      long calls = 0;
      boolean armed = false;
      for (CallGuard guard : guards) {
        guard.sample(clock);
        calls += guard.call();
        armed |= guard.armed();
      }
      idle = armed || calls != lastCalls ? 0 : idle + 1;
      lastCalls = calls;
      if (idle < IDLE_SAMPLES) {
        LockSupport.parkNanos(PERIOD_NANOS);
      } else {
        doze();
        idle = 0;
      }
    }
  }

  private void doze() {
    dozing = true;
    // Armed between the last sample and the flag: that call did not see the flag.
    for (CallGuard guard : guards) {
      if (guard.armed()) {
        dozing = false;
      }
    }
    while (dozing && !closed) {
      LockSupport.parkNanos(this, DOZE_NANOS);
      for (CallGuard guard : guards) {
        if (guard.armed()) {
          dozing = false;
        }
      }
    }
  }

  private static ThreadClock cpuClock() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    if (threads.isThreadCpuTimeSupported() && threads.isThreadCpuTimeEnabled()) {
      return thread -> {
        long nanos = thread.isVirtual() ? -1 : threads.getThreadCpuTime(thread.threadId());
        return nanos < 0 ? System.nanoTime() : nanos;
      };
    }
    return thread -> System.nanoTime();
  }
}
