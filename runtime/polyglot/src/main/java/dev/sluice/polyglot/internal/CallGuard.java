package dev.sluice.polyglot.internal;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the CPU time and the allocation of what one context runs, together with the {@link
 * Watchdog}. The thread that enters the context arms the guard and disarms it afterwards; a breach
 * is fired by compare-and-set, so that it hits the entry it was meant for or none.
 */
final class CallGuard {
  /** Says which bound was passed. */
  enum Breach {
    TIME,
    ALLOCATION
  }

  /** Receives breaches, on the watchdog's thread. */
  interface Owner {
    /** An entry passed a bound and is to be stopped. */
    void breached(Breach breach);

    /** An entry that was to be stopped still runs. */
    void stuck(Thread thread);
  }

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** How long a script may take to notice that it was stopped. */
  private static final long STUCK_NANOS = 1_000_000_000L;

  /** Is one entry into the context. */
  static final class Entry {
    private final Thread thread = Thread.currentThread();
    private final long cpu = THREADS.getCurrentThreadCpuTime();
    private final long allocated = THREADS.getCurrentThreadAllocatedBytes();
    private final long cpuLimit;
    private final long allocationLimit;
    private volatile @Nullable Breach breach;
    private long breachedNanos;
    private boolean reportedStuck;

    private Entry(long cpuLimit, long allocationLimit) {
      this.cpuLimit = cpuLimit;
      this.allocationLimit = allocationLimit;
    }

    /** Returns the CPU time used so far; on the entry's thread. */
    long cpuNanos() {
      return THREADS.getCurrentThreadCpuTime() - cpu;
    }

    /** Returns the bytes allocated so far; on the entry's thread. */
    long allocatedBytes() {
      return THREADS.getCurrentThreadAllocatedBytes() - allocated;
    }
  }

  private final Watchdog watchdog;
  private final Owner owner;
  private final AtomicReference<@Nullable Entry> armed = new AtomicReference<>();

  /** The entry that was stopped, until its thread has left the context. */
  private volatile @Nullable Entry fired;

  CallGuard(Watchdog watchdog, Owner owner) {
    this.watchdog = watchdog;
    this.owner = owner;
  }

  /** Begins an entry on this thread. */
  Entry arm(long cpuLimit, long allocationLimit) {
    var entry = new Entry(cpuLimit, allocationLimit);
    armed.set(entry);
    watchdog.wakeUp();
    return entry;
  }

  /** Ends an entry and returns which bound it passed, or null. */
  @Nullable Breach disarm(Entry entry) {
    if (!armed.compareAndSet(entry, null)) {
      fired = null;
    }
    return entry.breach;
  }

  boolean isArmed() {
    return armed.get() != null || fired != null;
  }

  /** Looks at the entry under way; on the watchdog's thread. */
  void sample() {
    var stopped = fired;
    if (stopped != null) {
      if (!stopped.reportedStuck && System.nanoTime() - stopped.breachedNanos > STUCK_NANOS) {
        stopped.reportedStuck = true;
        owner.stuck(stopped.thread);
      }
      return;
    }
    var entry = armed.get();
    if (entry == null) {
      return;
    }
    var breach = breach(entry);
    if (breach != null) {
      entry.breachedNanos = System.nanoTime();
      entry.breach = breach;
      fired = entry;
      if (armed.compareAndSet(entry, null)) {
        owner.breached(breach);
      } else {
        fired = null; // it ended by itself
      }
    }
  }

  private static @Nullable Breach breach(Entry entry) {
    long id = entry.thread.threadId();
    if (THREADS.getThreadCpuTime(id) - entry.cpu >= entry.cpuLimit) {
      return Breach.TIME;
    }
    if (THREADS.getThreadAllocatedBytes(id) - entry.allocated >= entry.allocationLimit) {
      return Breach.ALLOCATION;
    }
    return null;
  }
}
