package dev.sluice.state.internal.counters;

import dev.sluice.plugin.engine.ServiceUsage;
import dev.sluice.plugin.host.Clock;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Counters;
import dev.sluice.state.internal.redis.RedisLink;
import dev.sluice.state.internal.redis.RedisLink.Call;
import dev.sluice.state.internal.redis.RedisSettings;
import dev.sluice.state.internal.redis.RedisSettings.OnUnavailable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps counters where the configuration says: in memory, or in a Redis server, with what it says
 * for the time that the server is away. May be configured again while owners use it. Thread-safe.
 */
public final class CounterService implements AutoCloseable {
  private static final long SWEEP_SECONDS = 5;

  /** The numbers of reservations say where they were made: each place has so many of its own. */
  private static final long NUMBERS = 1L << 40;

  private volatile LongSupplier millis = System::currentTimeMillis;
  private final MemoryCounters memory = new MemoryCounters(() -> millis.getAsLong(), 0);
  private final MemoryCounters substitute = new MemoryCounters(() -> millis.getAsLong(), NUMBERS);

  private final ScheduledExecutorService sweeper =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("sluice-counters").factory());
  private Map<String, String> inForce = Map.of();
  private volatile @Nullable Shared shared;

  /** Servers that are not used any more, until the last reservation there has ended. */
  private final List<Shared> retired = new CopyOnWriteArrayList<>();

  /** Number 0 is the memory, 1 what stands in for a server, the rest are servers. */
  private long places = 2;

  /**
   * Is a server.
   *
   * @param place whose reservations are those whose number, divided by {@link #NUMBERS}, it is
   */
  private record Shared(RedisLink link, RedisCounters counters, long place) {}

  /** Keeps counters in memory until configured otherwise. */
  public CounterService() {
    sweeper.scheduleWithFixedDelay(this::sweep, SWEEP_SECONDS, SWEEP_SECONDS, TimeUnit.SECONDS);
  }

  /** Tells time by a clock from now on. */
  public void clock(Clock clock) {
    millis = () -> TimeUnit.NANOSECONDS.toMillis(clock.wallNanos());
  }

  private void sweep() {
    memory.sweep();
    substitute.sweep();
    var server = shared;
    if (server != null) {
      server.counters.sweep();
    }
    retired.forEach(this::sweep);
  }

  private void sweep(Shared old) {
    old.counters.sweep();
    if (old.counters.openReservations() == 0 && retired.remove(old)) {
      old.link.closeLater();
    }
  }

  /**
   * Keeps counters elsewhere from now on; what was counted until now stays where it is, and
   * reservations end where they were made. Waits for the server, up to its timeout; one that does
   * not answer is asked again later.
   *
   * @param settings as {@link RedisSettings#of} reads them; empty for memory
   */
  public synchronized void configure(Map<String, String> settings) {
    if (settings.equals(inForce)) {
      return;
    }
    var old = shared;
    if (settings.containsKey("url")) {
      var link = new RedisLink("counters", RedisSettings.of(settings));
      link.connect();
      link.checkEviction();
      long place = places++;
      shared = new Shared(link, new RedisCounters(link, place * NUMBERS), place);
    } else {
      shared = null;
    }
    inForce = Map.copyOf(settings);
    if (old != null) {
      retired.add(old);
    }
  }

  /** Opens the counters of an owner. */
  public Counters open(String scope, long maxBytes, Executor executor) {
    return new Opened(scope, maxBytes, executor);
  }

  /** Passes each call on to where counters are kept now. */
  private final class Opened implements Counters {
    private final String scope;
    private final Executor executor;
    private final Counters inMemory;
    private final Counters instead;

    Opened(String scope, long maxBytes, Executor executor) {
      this.scope = scope;
      this.executor = executor;
      inMemory = memory.open(scope, maxBytes, executor);
      instead = substitute.open(scope, maxBytes, executor);
    }

    private <T> void call(Call<Counters, T> call, Completion<T> completion) {
      var server = shared;
      if (server == null) {
        call.on(inMemory, completion);
      } else {
        server.link.call(
            server.counters.open(scope, executor),
            otherwise(server.link.onUnavailable()),
            call,
            completion);
      }
    }

    private @Nullable Counters otherwise(OnUnavailable policy) {
      return switch (policy) {
        case DENY -> null;
        case ALLOW -> new Uncounted(executor);
        case LOCAL -> instead;
      };
    }

    @Override
    public void add(List<Limit> limits, long amount, Completion<List<Remaining>> completion) {
      call((counters, done) -> counters.add(limits, amount, done), completion);
    }

    @Override
    public void reserve(
        List<Limit> limits, long amount, Duration expiry, Completion<Decision> completion) {
      call((counters, done) -> counters.reserve(limits, amount, expiry, done), completion);
    }

    @Override
    public void peek(List<Limit> limits, Completion<List<Remaining>> completion) {
      call((counters, done) -> counters.peek(limits, done), completion);
    }

    @Override
    public void settle(long reservation, long amount, Completion<List<Remaining>> completion) {
      holder(reservation).settle(reservation, amount, completion);
    }

    @Override
    public void release(long reservation, Completion<List<Remaining>> completion) {
      holder(reservation).release(reservation, completion);
    }

    /** A reservation ends where it was made, whatever is in force by now. */
    private Counters holder(long reservation) {
      if (reservation == Uncounted.RESERVATION) {
        return new Uncounted(executor);
      }
      long place = reservation / NUMBERS;
      if (place < 2) {
        return place == 1 ? instead : inMemory;
      }
      var server = shared;
      if (server != null && server.place == place) {
        return server.counters.open(scope, executor);
      }
      for (var old : retired) {
        if (old.place == place) {
          return old.counters.open(scope, executor);
        }
      }
      return inMemory;
    }
  }

  /** Returns what owners keep in memory, and the reservations open in Redis. */
  public List<ServiceUsage> usage() {
    var usage = new ArrayList<>(memory.usage());
    var server = shared;
    if (server != null) {
      usage.add(new ServiceUsage("redis", server.counters.openReservations(), 0, 0));
      substitute.usage().forEach(used -> merge(usage, used));
    }
    return usage;
  }

  private static void merge(List<ServiceUsage> usage, ServiceUsage more) {
    for (int i = 0; i < usage.size(); i++) {
      var known = usage.get(i);
      if (known.scope().equals(more.scope())) {
        usage.set(
            i,
            new ServiceUsage(
                known.scope(), known.items() + more.items(), known.bytes() + more.bytes(), 0));
        return;
      }
    }
    usage.add(more);
  }

  @Override
  public synchronized void close() {
    sweeper.shutdownNow();
    var server = shared;
    if (server != null) {
      server.link.close();
    }
    shared = null;
    retired.forEach(old -> old.link.close());
    retired.clear();
  }
}
