package dev.sluice.benchmarks;

import dev.sluice.benchmarks.internal.BenchLoop;
import dev.sluice.benchmarks.internal.BenchStream;
import dev.sluice.benchmarks.internal.Guest;
import dev.sluice.plugin.Body;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.HttpFilter;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures what a chat request of 4 KiB costs in a plugin that reads it, without a proxy around it.
 * Sixteen requests are under way at once, as in a gateway with traffic, so that a script's change
 * of threads is shared. Warming up is long: GraalVM's compiler itself begins cold.
 */
@State(Scope.Thread)
@BenchmarkMode({Mode.AverageTime, Mode.SampleTime})
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 10)
@Measurement(iterations = 5, time = 2)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH sets the fields.
public class ChatBench {
  static final int REQUESTS = 16;
  private static final int BODY_OCTETS = 4096;
  private static final HttpFilter NOTHING = new HttpFilter() {};

  /** One of plugin-sdk/examples that comes with the benches, or a plugin that was handed over. */
  @Param({"credentials-js", "credentials-python", "credentials-assemblyscript"})
  public String plugin;

  private final BenchStream[] streams = new BenchStream[REQUESTS];
  private final HttpFilter[] filters = new HttpFilter[REQUESTS];
  private BenchLoop loop;
  private @Nullable Guest guest;

  /** Returns a chat request of 4 KiB: a system prompt, and turns of a conversation. */
  static String chat() {
    var text = new StringBuilder("{\"model\":\"gpt-4o\",\"stream\":true,\"messages\":[");
    text.append("{\"role\":\"system\",\"content\":\"You answer briefly.\"}");
    for (int turn = 0; text.length() < BODY_OCTETS - 600; turn++) {
      text.append(",{\"role\":\"user\",\"content\":\"Question ").append(turn);
      text.append(": why does the \\\"build\\\" fail?\\n").append("Some log line. ".repeat(14));
      text.append("\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"Since ");
      text.append("a caf\u00e9 is closed. ".repeat(6)).append("\"}]}");
    }
    text.append("],\"user\":\"");
    return text.append("u".repeat(BODY_OCTETS - 2 - text.length())).append("\"}").toString();
  }

  /** Starts the plugin. */
  @Setup
  public void start() {
    loop = new BenchLoop();
    for (int i = 0; i < REQUESTS; i++) {
      streams[i] = BenchStream.post(loop, chat());
    }
    guest = plugin.equals(ExchangeBench.NONE) ? null : Guest.start(plugin, loop);
  }

  /** Ends it. */
  @TearDown
  public void close() {
    if (guest != null) {
      guest.close();
    }
  }

  /** Takes sixteen requests through it; one operation is one of them. */
  @Benchmark
  @OperationsPerInvocation(REQUESTS)
  public BenchStream request() {
    for (int i = 0; i < REQUESTS; i++) {
      var stream = streams[i];
      stream.reset();
      var filter = guest == null ? NOTHING : guest.root().newFilter(stream);
      filters[i] = filter;
      var status = filter.onRequestHeaders(stream.requestHeaders(), false);
      if (status != FilterStatus.STOP_ITERATION) {
        stream.await(status, Direction.REQUEST);
      }
      Body body = Objects.requireNonNull(stream.body(Direction.REQUEST));
      if (filter.onRequestBody(body, true) == FilterStatus.CONTINUE) {
        stream.resume(Direction.REQUEST);
      }
    }
    for (int i = 0; i < REQUESTS; i++) {
      var stream = streams[i];
      loop.until(() -> stream.goesOn(Direction.REQUEST));
      filters[i].onLog();
      filters[i].onDestroy();
    }
    return streams[0];
  }
}
