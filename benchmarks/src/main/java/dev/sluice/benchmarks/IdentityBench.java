package dev.sluice.benchmarks;

import dev.sluice.identity.Access;
import dev.sluice.identity.ConsumerSpec;
import dev.sluice.identity.KeyHash;
import dev.sluice.identity.KeySets;
import dev.sluice.identity.ModelNames;
import dev.sluice.identity.internal.Directory;
import dev.sluice.identity.internal.Judgement;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.SystemClock;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
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
 * Measures what it costs to find out who calls, of 1,000 consumers: the headers are looked at, the
 * key hashed, looked up and taken out. The headers are filled anew each time, which {@code none}
 * has too.
 */
@State(Scope.Thread)
@BenchmarkMode({Mode.AverageTime, Mode.SampleTime})
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH sets the fields.
public class IdentityBench {
  private static final int CONSUMERS = 1000;
  private static final int REQUESTS = 1 << 10;
  private static final long SEED = 20_261_129;

  /** Where the key stands: {@code none}, {@code bearer} or {@code query}. */
  @Param({"none", "bearer", "query"})
  public String place;

  private final Headers request = new Headers();
  private final Access access = new Access(false, Set.of(), Set.of());
  private KeySets keys;
  private Directory directory;
  private Headers[] requests;
  private int next;

  /** Makes consumers with keys of the usual form, and requests that carry them. */
  @Setup
  public void build() {
    var random = new Random(SEED);
    List<ConsumerSpec> consumers = new ArrayList<>();
    var texts = new String[CONSUMERS];
    for (int i = 0; i < CONSUMERS; i++) {
      byte[] octets = new byte[24];
      random.nextBytes(octets);
      texts[i] = "sk-" + HexFormat.of().formatHex(octets);
      consumers.add(
          new ConsumerSpec(
              "consumer-" + i, List.of(KeyHash.of(texts[i])), List.of(), Set.of(), ModelNames.ALL));
    }
    keys = KeySets.open(new SystemClock());
    directory = Directory.of(consumers, List.of(), keys);
    requests = new Headers[REQUESTS];
    for (int i = 0; i < REQUESTS; i++) {
      requests[i] = request(texts[random.nextInt(CONSUMERS)]);
    }
  }

  private Headers request(String key) {
    var headers =
        Headers.of(
            ":method", "POST",
            ":scheme", "http",
            ":authority", "llm.example.com",
            ":path", place.equals("query") ? "/v1/chat?alt=sse&key=" + key : "/v1/chat",
            "accept", "application/json",
            "content-type", "application/json",
            "user-agent", "OpenAI/Python 2.8.0",
            "x-stainless-lang", "python",
            "content-length", "4096");
    if (place.equals("bearer")) {
      headers.add("authorization", "Bearer " + key);
    }
    return headers;
  }

  /** Gives up the keys. */
  @TearDown
  public void close() {
    keys.close();
  }

  /** Identifies one caller after another. */
  @Benchmark
  public @Nullable Judgement identify() {
    next = (next + 1) & (REQUESTS - 1);
    request.clear();
    request.setAll(requests[next]);
    var judgement = directory.identify(request, access, later -> {});
    if (judgement != null) {
      judgement.strip(request);
    }
    return judgement;
  }
}
