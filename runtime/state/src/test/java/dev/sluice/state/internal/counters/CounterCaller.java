package dev.sluice.state.internal.counters;

import dev.sluice.plugin.host.Counters;
import dev.sluice.plugin.host.Counters.Decision;
import dev.sluice.plugin.host.Counters.Limit;
import dev.sluice.plugin.host.Counters.Remaining;
import dev.sluice.plugin.host.Counters.Window;
import dev.sluice.state.testing.Answers;
import java.time.Duration;
import java.util.List;

/** Calls counters and waits for the answers. */
record CounterCaller(Counters counters) {
  static Limit perHour(String key, long amount) {
    return new Limit(key, new Window.Fixed("hour", "UTC"), amount);
  }

  static Limit slots(String key, Duration expiry, long amount) {
    return new Limit(key, new Window.Concurrency(expiry), amount);
  }

  Decision reserve(long amount, Duration expiry, Limit... limits) {
    return Answers.await(done -> counters.reserve(List.of(limits), amount, expiry, done));
  }

  Decision reserve(long amount, Limit... limits) {
    return reserve(amount, Duration.ofMinutes(1), limits);
  }

  List<Long> add(long amount, Limit... limits) {
    return left(Answers.await(done -> counters.add(List.of(limits), amount, done)));
  }

  List<Long> settle(Decision decision, long amount) {
    return left(Answers.await(done -> counters.settle(decision.reservation(), amount, done)));
  }

  List<Long> release(Decision decision) {
    return left(Answers.await(done -> counters.release(decision.reservation(), done)));
  }

  List<Long> peek(Limit... limits) {
    return left(remaining(limits));
  }

  List<Remaining> remaining(Limit... limits) {
    return Answers.await(done -> counters.peek(List.of(limits), done));
  }

  static List<Long> left(List<Remaining> remaining) {
    return remaining.stream().map(Remaining::remaining).toList();
  }
}
