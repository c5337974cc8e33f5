package dev.sluice.state.internal.counters;

import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Counters;
import java.time.Duration;
import java.util.List;

/** Tells the time before each call. */
record OnTime(Counters counters, Runnable tell) implements Counters {
  @Override
  public void add(List<Limit> limits, long amount, Completion<List<Remaining>> completion) {
    tell.run();
    counters.add(limits, amount, completion);
  }

  @Override
  public void reserve(
      List<Limit> limits, long amount, Duration expiry, Completion<Decision> completion) {
    tell.run();
    counters.reserve(limits, amount, expiry, completion);
  }

  @Override
  public void settle(long reservation, long amount, Completion<List<Remaining>> completion) {
    tell.run();
    counters.settle(reservation, amount, completion);
  }

  @Override
  public void release(long reservation, Completion<List<Remaining>> completion) {
    tell.run();
    counters.release(reservation, completion);
  }

  @Override
  public void peek(List<Limit> limits, Completion<List<Remaining>> completion) {
    tell.run();
    counters.peek(limits, completion);
  }
}
