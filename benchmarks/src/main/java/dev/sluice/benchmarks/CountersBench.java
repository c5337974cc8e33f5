package dev.sluice.benchmarks;

import dev.sluice.benchmarks.internal.StateServices;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Counters;
import dev.sluice.plugin.host.Counters.Decision;
import dev.sluice.plugin.host.Counters.Limit;
import dev.sluice.plugin.host.Counters.Remaining;
import dev.sluice.plugin.host.Counters.Window;
import dev.sluice.plugin.host.ServiceException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures what it costs to reserve on limits in memory and to settle: what a token limit does for
 * each exchange.
 */
@State(Scope.Thread)
@BenchmarkMode({Mode.AverageTime, Mode.SampleTime})
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH sets the fields.
public class CountersBench {
  private static final long PLENTY = 1L << 50;
  private static final List<Limit> ALL =
      List.of(
          new Limit("{k}day", new Window.Fixed("day", "Europe/Berlin"), PLENTY),
          new Limit("{k}minute", new Window.Sliding(Duration.ofMinutes(1)), PLENTY),
          new Limit("{k}slots", new Window.Concurrency(Duration.ofMinutes(1)), PLENTY));

  private static final Duration EXPIRY = Duration.ofMinutes(1);

  /** How many limits at once: a window of a day, a sliding minute, concurrency. */
  @Param({"1", "3"})
  public int limits;

  private StateServices services;
  private Counters counters;
  private List<Limit> taken;
  private long reservation;

  private final Completion<Decision> granted =
      Completion.of(decision -> reservation = decision.reservation(), CountersBench::fail);
  private final Completion<List<Remaining>> settled =
      Completion.of(left -> {}, CountersBench::fail);

  private static void fail(ServiceException error) {
    throw error;
  }

  /** Opens the counters. */
  @Setup
  public void start() {
    services = StateServices.inMemory();
    counters = services.counters();
    taken = ALL.subList(0, limits);
  }

  /** Ends them. */
  @TearDown
  public void close() {
    services.close();
  }

  /** Reserves and settles with less. */
  @Benchmark
  public long reserveAndSettle() {
    counters.reserve(taken, 1000, EXPIRY, granted);
    counters.settle(reservation, 700, settled);
    return reservation;
  }
}
