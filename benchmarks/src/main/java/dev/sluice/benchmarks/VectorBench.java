package dev.sluice.benchmarks;

import dev.sluice.benchmarks.internal.ServiceUnderTest;
import dev.sluice.plugin.host.Vectors;
import dev.sluice.plugin.host.Vectors.Hit;
import dev.sluice.plugin.host.Vectors.Item;
import dev.sluice.plugin.host.Vectors.Query;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.Random;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures the search for the five nearest of many vectors of 384 dimensions, kept in memory, from
 * the call to its answer. A thousand are compared one by one, a hundred thousand stand in a graph.
 */
@State(Scope.Benchmark)
@BenchmarkMode({Mode.AverageTime, Mode.SampleTime})
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH sets the fields.
public class VectorBench {
  private static final int DIMENSIONS = 384;
  private static final int SUBJECTS = 500;
  private static final int QUERIES = 256;

  /** How many vectors are kept. */
  @Param({"1000", "100000"})
  public int count;

  private final Random random = new Random(5);
  private final float[][] subjects = new float[SUBJECTS][];
  private final Query[] queries = new Query[QUERIES];
  private Vectors vectors;
  private int next;

  /**
   * Stores the vectors and waits until the graph has them all: minutes for a hundred thousand. Says
   * how much memory they take.
   */
  @Setup
  public void store() throws InterruptedException {
    for (int i = 0; i < SUBJECTS; i++) {
      subjects[i] = near(new float[DIMENSIONS]);
    }
    for (int i = 0; i < QUERIES; i++) {
      queries[i] = new Query(near(subjects[random.nextInt(SUBJECTS)]), 5, 0, Map.of());
    }
    vectors = ServiceUnderTest.open(Vectors.class);
    long before = heap();
    for (int i = 0; i < count; i++) {
      var item = new Item("k" + i, near(subjects[i % SUBJECTS]), new byte[0], Map.of());
      ServiceUnderTest.<Boolean>answer(done -> vectors.upsert("bench", item, null, done));
    }
    long busy = -1;
    for (long now = background(); now - busy > 50_000_000; now = background()) {
      busy = now;
      Thread.sleep(1_000);
    }
    System.out.printf("%d vectors: %d bytes of heap each%n", count, (heap() - before) / count);
  }

  /** Returns how many bytes of the heap are in use. */
  private static long heap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  /** Returns the CPU time of the threads that keep vectors, in nanoseconds. */
  private static long background() {
    var threads = ManagementFactory.getThreadMXBean();
    long sum = 0;
    for (var info : threads.getThreadInfo(threads.getAllThreadIds())) {
      if (info != null && info.getThreadName().startsWith("sluice-vectors")) {
        sum += threads.getThreadCpuTime(info.getThreadId());
      }
    }
    return sum;
  }

  private float[] near(float[] subject) {
    var vector = subject.clone();
    for (int d = 0; d < DIMENSIONS; d++) {
      vector[d] += (float) random.nextGaussian() * 0.5f;
    }
    return vector;
  }

  /** Searches. */
  @Benchmark
  public List<Hit> search() {
    next = (next + 1) % QUERIES;
    var query = queries[next];
    return ServiceUnderTest.answer(done -> vectors.search("bench", query, done));
  }
}
