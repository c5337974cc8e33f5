package dev.sluice.state.internal.counters;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Keeps what a server that was away has still to be told about reservations, until it hears it or
 * the reservation has expired. Bounded: what is too much expires. Thread-safe.
 */
final class Arrears {
  private static final int MAX_ITEMS = 100_000;

  /** Told at the same time. */
  private static final int BATCH = 256;

  private final Function<Item, CompletableFuture<?>> paying;
  private final LongSupplier clock;
  private final ConcurrentLinkedQueue<Item> items = new ConcurrentLinkedQueue<>();
  private final AtomicInteger size = new AtomicInteger();

  /**
   * Is one thing to tell.
   *
   * @param time as the script takes it
   * @param until when it is of no use any more, in milliseconds since 1970 by this process' clock
   */
  record Item(
      String what,
      long amount,
      List<RedisLimit> limits,
      byte[] record,
      String name,
      long time,
      long until) {}

  /**
   * @param paying tells it; fails when the server is away
   * @param clock the time in milliseconds since 1970
   */
  Arrears(Function<Item, CompletableFuture<?>> paying, LongSupplier clock) {
    this.paying = paying;
    this.clock = clock;
  }

  void add(Item item) {
    if (size.incrementAndGet() > MAX_ITEMS) {
      size.decrementAndGet();
    } else {
      items.add(item);
    }
  }

  /** Tells what there is, some at a time, until the server fails to answer. */
  void retry() {
    for (int i = 0; i < BATCH; i++) {
      next();
    }
  }

  private void next() {
    var item = items.poll();
    while (item != null && clock.getAsLong() >= item.until()) {
      size.decrementAndGet();
      item = items.poll();
    }
    if (item != null) {
      pay(item);
    }
  }

  private void pay(Item item) {
    var unused =
        paying
            .apply(item)
            .whenComplete(
                (done, error) -> {
                  if (RedisCounters.isUnanswered(error)) {
                    items.add(item);
                  } else {
                    size.decrementAndGet();
                    next();
                  }
                });
  }

  int size() {
    return size.get();
  }
}
