package dev.sluice.benchmarks;

import dev.sluice.benchmarks.internal.RedisProcess;
import dev.sluice.benchmarks.internal.StateServices;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Counters;
import dev.sluice.plugin.host.Counters.Limit;
import dev.sluice.plugin.host.Counters.Window;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.Store;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures calls of services whose data is in a Redis server on this machine, {@value #AT_ONCE} at
 * the same time. What matters is the CPU time of the gateway for each, the server's not included.
 */
@State(Scope.Thread)
@BenchmarkMode({Mode.AverageTime, Mode.SampleTime})
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH sets the fields.
public class RedisBench {
  private static final int AT_ONCE = 64;
  private static final long PLENTY = 1L << 50;
  private static final Duration EXPIRY = Duration.ofMinutes(1);
  private static final byte[] VALUE = "v".repeat(200).getBytes(StandardCharsets.UTF_8);
  private static final List<Limit> LIMITS =
      List.of(
          new Limit("{k}day", new Window.Fixed("day", "Europe/Berlin"), PLENTY),
          new Limit("{k}minute", new Window.Sliding(Duration.ofMinutes(1)), PLENTY),
          new Limit("{k}slots", new Window.Concurrency(Duration.ofMinutes(1)), PLENTY));

  private RedisProcess server;
  private StateServices services;
  private Counters counters;
  private Store store;

  /** Starts a server. */
  @Setup
  public void start() {
    server = RedisProcess.start();
    services = StateServices.inRedis(server.url());
    counters = services.counters();
    store = services.store();
  }

  /** Ends it. */
  @TearDown
  public void close() {
    services.close();
    server.close();
  }

  /** Is what waits for {@value #AT_ONCE} answers. */
  private static final class Answers {
    private final CountDownLatch waiting = new CountDownLatch(AT_ONCE);
    private final AtomicReference<@Nullable ServiceException> failure = new AtomicReference<>();

    <T> Completion<T> one() {
      return Completion.of(value -> waiting.countDown(), this::failed);
    }

    void failed(ServiceException error) {
      failure.set(error);
      waiting.countDown();
    }

    void await() throws InterruptedException {
      waiting.await();
      var error = failure.get();
      if (error != null) {
        throw error;
      }
    }
  }

  /** Reserves on three limits and settles: two round trips. */
  @Benchmark
  @OperationsPerInvocation(AT_ONCE)
  public void reserveAndSettle() throws InterruptedException {
    var answers = new Answers();
    for (int i = 0; i < AT_ONCE; i++) {
      counters.reserve(
          LIMITS,
          1000,
          EXPIRY,
          Completion.of(
              decision -> counters.settle(decision.reservation(), 700, answers.one()),
              answers::failed));
    }
    answers.await();
  }

  /** Adds to one limit. */
  @Benchmark
  @OperationsPerInvocation(AT_ONCE)
  public void add() throws InterruptedException {
    var answers = new Answers();
    for (int i = 0; i < AT_ONCE; i++) {
      counters.add(LIMITS.subList(0, 1), 1, answers.one());
    }
    answers.await();
  }

  /** Writes a value of 200 bytes. */
  @Benchmark
  @OperationsPerInvocation(AT_ONCE)
  public void set() throws InterruptedException {
    var answers = new Answers();
    for (int i = 0; i < AT_ONCE; i++) {
      store.set("key" + i, VALUE, EXPIRY, answers.one());
    }
    answers.await();
  }

  /** Reads a value. */
  @Benchmark
  @OperationsPerInvocation(AT_ONCE)
  public void get() throws InterruptedException {
    var answers = new Answers();
    for (int i = 0; i < AT_ONCE; i++) {
      store.get("key" + i, answers.one());
    }
    answers.await();
  }
}
