package dev.sluice.benchmarks;

import dev.sluice.benchmarks.internal.BenchLoop;
import dev.sluice.benchmarks.internal.BenchStream;
import dev.sluice.benchmarks.internal.Guest;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.HttpFilter;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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
 * Measures what one exchange costs in a plugin alone, without a proxy around it: created, headers
 * of both directions, done, log, deleted.
 */
@State(Scope.Thread)
@BenchmarkMode({Mode.AverageTime, Mode.SampleTime})
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH sets the fields.
public class LifecycleBench {
  private static final HttpFilter NOTHING = new HttpFilter() {};

  /** Nothing, a bundled guest of the AssemblyScript SDK, or a plugin that was handed over. */
  @Param({"empty", "header", "body"})
  public String plugin;

  private BenchStream stream;
  private @Nullable Guest guest;

  /** Starts the plugin. */
  @Setup
  public void start() {
    var loop = new BenchLoop();
    stream = BenchStream.get(loop);
    guest = plugin.equals(ExchangeBench.NONE) ? null : Guest.start(plugin, loop);
  }

  /** Ends it. */
  @TearDown
  public void close() {
    if (guest != null) {
      guest.close();
    }
  }

  private HttpFilter newFilter() {
    return guest == null ? NOTHING : guest.root().newFilter(stream);
  }

  /** Takes an exchange without bodies through it. */
  @Benchmark
  public Headers headers() {
    stream.reset();
    HttpFilter filter = newFilter();
    stream.await(filter.onRequestHeaders(stream.requestHeaders(), true), Direction.REQUEST);
    stream.await(filter.onResponseHeaders(stream.responseHeaders(), true), Direction.RESPONSE);
    filter.onLog();
    filter.onDestroy();
    return stream.responseHeaders();
  }

  /** Takes an exchange with a response of 1 KiB through it. */
  @Benchmark
  public Headers withBody() {
    stream.reset();
    HttpFilter filter = newFilter();
    stream.await(filter.onRequestHeaders(stream.requestHeaders(), true), Direction.REQUEST);
    var status = filter.onResponseHeaders(stream.responseHeaders(), false);
    if (status != FilterStatus.STOP_ITERATION) {
      stream.await(status, Direction.RESPONSE);
    }
    var body = Objects.requireNonNull(stream.body(Direction.RESPONSE));
    stream.await(filter.onResponseBody(body, true), Direction.RESPONSE);
    filter.onLog();
    filter.onDestroy();
    return stream.responseHeaders();
  }
}
