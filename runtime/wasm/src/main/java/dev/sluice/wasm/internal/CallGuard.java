package dev.sluice.wasm.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the CPU time of the guest calls of one VM, together with the {@link Watchdog}.
 *
 * <p>The VM's thread arms the guard before it enters the guest and disarms it afterwards; each is
 * one memory write or compare-and-set, without reading a clock. The watchdog samples: a call that
 * it has seen for longer than the limit is taken from ARMED to FIRING by compare-and-set, the
 * thread is interrupted, and the state becomes FIRED. Since disarming is a compare-and-set from
 * ARMED too, exactly one side wins: an interrupt lands only while the call it was meant for is
 * still inside {@link #disarm}, which clears the flag.
 */
final class CallGuard {
  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(CallGuard.class, "state", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static final long PHASE = 3;
  private static final long IDLE = 0;
  private static final long ARMED = 1;
  private static final long FIRING = 2;
  private static final long FIRED = 3;
  private static final long STEP = 4;

  private final Watchdog watchdog;

  /** The number of the call in the upper bits, the phase in the two lowest. */
  private volatile long state;

  private @Nullable Thread thread;
  private long limitNanos;

  /** The call last sampled and the clock when it was; used by the watchdog's thread only. */
  private long sampledCall;

  private long sampledNanos;

  CallGuard(Watchdog watchdog) {
    this.watchdog = watchdog;
  }

  /** Starts the time of a guest call on this thread. */
  void arm(long limitNanos) {
    this.limitNanos = limitNanos;
    thread = Thread.currentThread();
    STATE.setRelease(this, (state & ~PHASE) + STEP + ARMED);
    watchdog.wakeUp();
  }

  /**
   * Stops the time and returns whether it had run out. Afterwards no interrupt of this call is
   * pending.
   */
  boolean disarm() {
    long armed = state;
    if ((armed & PHASE) == ARMED && STATE.compareAndSet(this, armed, (armed & ~PHASE) | IDLE)) {
      return false;
    }
    while ((state & PHASE) == FIRING) {
      Thread.onSpinWait();
    }
    boolean fired = (state & PHASE) == FIRED;
    if (fired) {
      Thread.interrupted();
      STATE.setRelease(this, (state & ~PHASE) | IDLE);
    }
    return fired;
  }

  /**
   * Stops the time for a host call that may do I/O, which an interrupt would break.
   *
   * @return whether the time had run out: then the interrupt is pending, to end the guest
   */
  boolean pause() {
    if (!disarm()) {
      return false;
    }
    STATE.setRelease(this, (state & ~PHASE) | FIRED);
    thread().interrupt();
    return true;
  }

  /** Goes on with the time of the same call after {@link #pause} returned false. */
  void resume() {
    STATE.setRelease(this, (state & ~PHASE) | ARMED);
  }

  /** Looks at the guard: fires when the call it finds has used up its time. Watchdog only. */
  void sample(Watchdog.ThreadClock clock) {
    long now = (long) STATE.getAcquire(this);
    if ((now & PHASE) != ARMED) {
      return;
    }
    Thread target = thread();
    long nanos = clock.nanos(target);
    if ((now & ~PHASE) != sampledCall) {
      sampledCall = now & ~PHASE;
      sampledNanos = nanos;
    } else if (nanos - sampledNanos >= limitNanos
        && STATE.compareAndSet(this, now, (now & ~PHASE) | FIRING)) {
      target.interrupt();
      STATE.setRelease(this, (now & ~PHASE) | FIRED);
    }
  }

  /** Returns whether a guest call is being timed. */
  boolean armed() {
    return (state & PHASE) == ARMED;
  }

  /** Returns a number that grows with each call: tells whether the VM is in use. */
  long call() {
    return state & ~PHASE;
  }

  private Thread thread() {
    var armedBy = thread;
    return armedBy == null ? Thread.currentThread() : armedBy;
  }
}
