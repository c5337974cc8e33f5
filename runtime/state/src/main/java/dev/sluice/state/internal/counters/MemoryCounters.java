package dev.sluice.state.internal.counters;

import dev.sluice.plugin.engine.ServiceUsage;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Counters;
import dev.sluice.plugin.host.ServiceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * Keeps counters in memory: the work is done on the caller's thread, without a lock. Thread-safe.
 */
final class MemoryCounters {
  private final LongSupplier clock;
  private final ConcurrentMap<String, CounterShelf> shelves = new ConcurrentHashMap<>();
  private final long firstReservation;

  /**
   * Creates it without a counter.
   *
   * @param clock the time in milliseconds since 1970
   * @param firstReservation reservations have numbers above this
   */
  MemoryCounters(LongSupplier clock, long firstReservation) {
    this.clock = clock;
    this.firstReservation = firstReservation;
  }

  /** Opens the counters of an owner; the bytes are those of the last to open them. */
  Counters open(String scope, long maxBytes, Executor executor) {
    var shelf =
        shelves.computeIfAbsent(scope, name -> new CounterShelf(maxBytes, clock, firstReservation));
    shelf.bound(maxBytes);
    return new Opened(shelf, executor);
  }

  /** Throws away what counts no more. */
  void sweep() {
    shelves.values().forEach(CounterShelf::sweep);
  }

  /** Is what one caller holds. */
  private record Opened(CounterShelf shelf, Executor executor) implements Counters {
    @Override
    public void add(List<Limit> limits, long amount, Completion<List<Remaining>> completion) {
      var tag = CounterArguments.check(limits, amount);
      CounterArguments.checkAddable(limits);
      answer(shelf.add(tag, limits, amount), completion);
    }

    @Override
    public void reserve(
        List<Limit> limits, long amount, Duration expiry, Completion<Decision> completion) {
      var tag = CounterArguments.check(limits, amount);
      CounterArguments.time("expiry", expiry);
      answer(shelf.reserve(tag, List.copyOf(limits), amount, expiry), completion);
    }

    @Override
    public void settle(long reservation, long amount, Completion<List<Remaining>> completion) {
      CounterArguments.amount("amount", amount);
      end(reservation, amount, completion);
    }

    @Override
    public void release(long reservation, Completion<List<Remaining>> completion) {
      end(reservation, 0, completion);
    }

    private void end(long reservation, long amount, Completion<List<Remaining>> completion) {
      List<Remaining> left;
      try {
        left = shelf.settle(reservation, amount);
      } catch (ServiceException e) {
        executor.execute(() -> completion.failed(e));
        return;
      }
      answer(left, completion);
    }

    @Override
    public void peek(List<Limit> limits, Completion<List<Remaining>> completion) {
      var tag = CounterArguments.check(limits, 0);
      answer(shelf.peek(tag, limits), completion);
    }

    private <T> void answer(T value, Completion<T> completion) {
      executor.execute(() -> completion.succeeded(value));
    }
  }

  /** Returns what owners keep. */
  List<ServiceUsage> usage() {
    var usage = new ArrayList<ServiceUsage>();
    shelves.forEach(
        (scope, shelf) -> usage.add(new ServiceUsage(scope, shelf.items(), shelf.bytes(), 0)));
    return usage;
  }
}
