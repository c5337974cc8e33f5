package dev.sluice.benchmarks;

import dev.sluice.benchmarks.internal.BenchLoop;
import dev.sluice.benchmarks.internal.BenchStream;
import dev.sluice.benchmarks.internal.Guest;
import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.HttpFilter;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Measures calls between the host and Wasm guests written with the AssemblyScript SDK. */
@BenchmarkMode({Mode.AverageTime, Mode.SampleTime})
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class GuestBench {
  private static final int CALLS = 1000;

  /** Is a guest with one open stream. */
  @State(Scope.Thread)
  public static class Started {
    private final BenchLoop loop = new BenchLoop();
    private final BenchStream stream = BenchStream.get(loop);
    private final Guest guest;
    private final HttpFilter filter;

    /** Starts a guest that does nothing. */
    public Started() {
      this("calls", "{}");
    }

    Started(String name, String configuration) {
      guest = Guest.start(name, configuration, loop);
      filter = guest.root().newFilter(stream);
    }

    FilterStatus requestHeaders() {
      return filter.onRequestHeaders(stream.requestHeaders(), true);
    }

    /** Ends the guest. */
    @TearDown
    public void close() {
      filter.onDestroy();
      guest.close();
    }
  }

  /** Is a guest that asks for the time. */
  public static class AskingForTime extends Started {
    /** Starts it. */
    public AskingForTime() {
      super("calls", "{\"times\": " + CALLS + "}");
    }
  }

  /** Is a guest that reads a header. */
  public static class ReadingHeaders extends Started {
    /** Starts it. */
    public ReadingHeaders() {
      super("calls", "{\"headers\": " + CALLS + "}");
    }
  }

  /** Calls a guest that returns at once. */
  @Benchmark
  public FilterStatus guestCall(Started guest) {
    return guest.requestHeaders();
  }

  /** Calls the host for the time; one operation is one such call. */
  @Benchmark
  @OperationsPerInvocation(CALLS)
  public FilterStatus hostCall(AskingForTime guest) {
    return guest.requestHeaders();
  }

  /** Calls the host for a header, copied into the guest; one operation is one such call. */
  @Benchmark
  @OperationsPerInvocation(CALLS)
  public FilterStatus hostCallForHeader(ReadingHeaders guest) {
    return guest.requestHeaders();
  }
}
