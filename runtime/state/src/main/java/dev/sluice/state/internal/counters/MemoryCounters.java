package dev.sluice.state.internal.counters;

import dev.sluice.plugin.engine.ServiceUsage;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Counters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Keeps counters in memory. The work is done on the caller's thread, without a lock; a thread in
 * the background throws away what counts no more. Thread-safe.
 */
public final class MemoryCounters implements AutoCloseable {
  private static final long SWEEP_SECONDS = 5;

  private final LongSupplier clock;
  private final ConcurrentMap<String, CounterShelf> shelves = new ConcurrentHashMap<>();
  private final ScheduledExecutorService sweeper =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("sluice-counters").factory());

  /**
   * Creates it without a counter.
   *
   * @param clock the time in milliseconds since 1970
   */
  public MemoryCounters(LongSupplier clock) {
    this.clock = clock;
    sweeper.scheduleWithFixedDelay(this::sweep, SWEEP_SECONDS, SWEEP_SECONDS, TimeUnit.SECONDS);
  }

  /** Opens the counters of an owner; the bytes are those of the first to open them. */
  public Counters open(String scope, long maxBytes, Executor executor) {
    return new Opened(
        shelves.computeIfAbsent(scope, name -> new CounterShelf(maxBytes, clock)), executor);
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
      answer(shelf.settle(reservation, amount), completion);
    }

    @Override
    public void release(long reservation, Completion<List<Remaining>> completion) {
      answer(shelf.settle(reservation, 0), completion);
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
  public List<ServiceUsage> usage() {
    var usage = new ArrayList<ServiceUsage>();
    shelves.forEach(
        (scope, shelf) -> usage.add(new ServiceUsage(scope, shelf.items(), shelf.bytes(), 0)));
    return usage;
  }

  @Override
  public void close() {
    sweeper.shutdownNow();
  }
}
