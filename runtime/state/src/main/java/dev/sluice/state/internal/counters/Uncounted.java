package dev.sluice.state.internal.counters;

import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Counters;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Executor;

/** Grants everything and counts nothing ({@code onUnavailable: allow}). */
record Uncounted(Executor executor) implements Counters {
  /** Is every reservation's number. */
  static final long RESERVATION = Long.MAX_VALUE;

  @Override
  public void add(List<Limit> limits, long amount, Completion<List<Remaining>> completion) {
    CounterArguments.check(limits, amount);
    CounterArguments.checkAddable(limits);
    answer(untouched(limits), completion);
  }

  @Override
  public void reserve(
      List<Limit> limits, long amount, Duration expiry, Completion<Decision> completion) {
    CounterArguments.check(limits, amount);
    CounterArguments.time("expiry", expiry);
    answer(new Decision(true, RESERVATION, untouched(limits)), completion);
  }

  @Override
  public void settle(long reservation, long amount, Completion<List<Remaining>> completion) {
    answer(List.of(), completion);
  }

  @Override
  public void release(long reservation, Completion<List<Remaining>> completion) {
    answer(List.of(), completion);
  }

  @Override
  public void peek(List<Limit> limits, Completion<List<Remaining>> completion) {
    CounterArguments.check(limits, 0);
    answer(untouched(limits), completion);
  }

  private static List<Remaining> untouched(List<Limit> limits) {
    var now = Instant.now();
    return limits.stream().map(limit -> new Remaining(limit, limit.amount(), now)).toList();
  }

  private <T> void answer(T value, Completion<T> completion) {
    executor.execute(() -> completion.succeeded(value));
  }
}
