package dev.sluice.proxy.internal.exchange;

import dev.sluice.plugin.host.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the timers of one loop: starting and stopping one costs a few pointer writes, where a
 * scheduled future costs an allocation and a heap. Expires up to 20 ms late. Belongs to its loop.
 */
public final class TimerWheel {
  private static final int SLOTS = 512;
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final ScheduledExecutorService loop;
  private final Timer[] slots = new Timer[SLOTS];
  private final List<Timer> due = new ArrayList<>();
  private final Clock clock;
  private final long startNanos;
  private long now;
  private int running;
  private boolean ticking;

  /** Creates a wheel that is turned by a loop, which tells time as the clock does. */
  public TimerWheel(ScheduledExecutorService loop, Clock clock) {
    this.loop = loop;
    this.clock = clock;
    startNanos = clock.monotonicNanos();
    for (int i = 0; i < SLOTS; i++) {
      var head = new Timer(() -> {});
      head.previous = head;
      head.next = head;
      slots[i] = head;
    }
  }

  /** Is something to happen unless it is stopped before. */
  public static final class Timer {
    private final Runnable task;
    private long deadline;
    private boolean due;
    private @Nullable Timer previous;
    private @Nullable Timer next;

    /** Creates a timer that is not started. */
    public Timer(Runnable task) {
      this.task = task;
    }

    private boolean unlink() {
      due = false;
      var before = previous;
      var after = next;
      if (before == null || after == null) {
        return false;
      }
      before.next = after;
      after.previous = before;
      previous = null;
      next = null;
      return true;
    }
  }

  /** Starts a timer, again when it was started before. */
  public void start(Timer timer, long delayNanos) {
    stop(timer);
    if (!ticking) {
      now = tickNow();
      ticking = true;
      scheduleTick();
    }
    timer.deadline = tickNow() + Math.max(1, (delayNanos + TICK_NANOS - 1) / TICK_NANOS);
    var head = slots[(int) (timer.deadline % SLOTS)];
    var last = head.previous;
    timer.previous = last;
    timer.next = head;
    head.previous = timer;
    if (last != null) {
      last.next = timer;
    }
    running++;
  }

  /** Stops a timer; does nothing when it is not started. */
  public void stop(Timer timer) {
    if (timer.unlink()) {
      running--;
    }
  }

  private long tickNow() {
    return (clock.monotonicNanos() - startNanos) / TICK_NANOS;
  }

  private void scheduleTick() {
    loop.schedule(this::tick, TICK_NANOS, TimeUnit.NANOSECONDS);
  }

  private void tick() {
    long target = tickNow();
    // A loop that was late catches up, but looks at each slot once at most.
    for (long at = Math.max(now + 1, target - SLOTS + 1); at <= target; at++) {
      expire(slots[(int) (at % SLOTS)], target);
    }
    now = target;
    if (running > 0) {
      scheduleTick();
    } else {
      ticking = false;
    }
  }

  private void expire(Timer head, long target) {
    for (var timer = head.next; timer != null && timer != head; ) {
      var following = timer.next;
      if (timer.deadline <= target) {
        stop(timer);
        timer.due = true;
        due.add(timer);
      }
      timer = following;
    }
    // Only now: a task may start and stop other timers, those that are due included.
    for (int i = 0; i < due.size(); i++) {
      var timer = due.get(i);
      if (timer.due) {
        timer.due = false;
        timer.task.run();
      }
    }
    due.clear();
  }
}
