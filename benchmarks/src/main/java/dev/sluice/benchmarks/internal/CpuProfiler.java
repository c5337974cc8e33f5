package dev.sluice.benchmarks.internal;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.ScalarResult;

/**
 * Measures the CPU time of the whole process, collector and compiler included, for each operation:
 * the figure to trust where other programs share the machine.
 */
public final class CpuProfiler implements InternalProfiler {
  /** The name of the result, in ns. */
  public static final String RESULT = "cpu.norm";

  private final OperatingSystemMXBean process =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
  private long start;

  @Override
  public String getDescription() {
    return "CPU time of the process for each operation";
  }

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
    start = process.getProcessCpuTime();
  }

  @Override
  public Collection<ScalarResult> afterIteration(
      BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
    double used = process.getProcessCpuTime() - start;
    long operations = result.getMetadata().getAllOps();
    return List.of(
        new ScalarResult(RESULT, used / Math.max(1, operations), "ns/op", AggregationPolicy.AVG));
  }
}
