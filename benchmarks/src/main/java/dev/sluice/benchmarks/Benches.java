package dev.sluice.benchmarks;

import dev.sluice.benchmarks.internal.Candidate;
import dev.sluice.benchmarks.internal.CpuProfiler;
import dev.sluice.benchmarks.internal.PluginFetch;
import dev.sluice.benchmarks.internal.RedisProcess;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs the benches, each in a JVM of its own. */
public final class Benches {
  private static final String PACKAGE = "dev.sluice.benchmarks.";
  private static final String ALLOCATION = "gc.alloc.rate.norm";

  /**
   * What the launcher passes to the gateway, and a heap that does not grow while it is measured.
   */
  static final List<String> FLAGS =
      List.of(
          "-Xms1g",
          "-Xmx1g",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "-Dio.netty.leakDetection.level=disabled",
          "-Dlogback.configurationFile=dev/sluice/benchmarks/logback.xml");

  private Benches() {}

  /**
   * Runs what the plan says; takes minutes.
   *
   * @param progress learns how far it is
   * @throws BenchException when a bench failed, or none fits the plan
   * @throws dev.sluice.registry.RegistryException when a plugin cannot be had
   */
  public static List<BenchResult> run(BenchPlan plan, PrintStream progress) {
    Path handOver = null;
    try {
      handOver = Files.createTempDirectory("sluice-bench-");
      var options = options(plan, handOver);
      var format = OutputFormatFactory.createFormatInstance(progress, VerboseMode.NORMAL);
      Collection<RunResult> results = new Runner(options.build(), format).run();
      if (results.isEmpty()) {
        throw new BenchException("no bench gave a result; see the messages above");
      }
      return summarize(results);
    } catch (NoBenchmarksException e) {
      throw new BenchException(
          "include: \"" + plan.include() + "\" (expected: a part of the name of a bench)", e);
    } catch (RunnerException e) {
      throw new BenchException(String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      delete(handOver);
    }
  }

  private static ChainedOptionsBuilder options(BenchPlan plan, Path handOver) {
    var options =
        new OptionsBuilder()
            .mode(Mode.AverageTime)
            .mode(Mode.SampleTime)
            .addProfiler(GCProfiler.class)
            .addProfiler(CpuProfiler.class)
            .shouldFailOnError(true)
            .jvmArgs(FLAGS.toArray(String[]::new))
            .jvmArgsAppend(
                Stream.of(
                        plan.scripts().flags(),
                        plan.jvm(),
                        List.of(Candidate.handOverFlag(handOver)))
                    .flatMap(List::stream)
                    .toArray(String[]::new));
    if (plan.quick()) {
      options
          .warmupIterations(1)
          .warmupTime(TimeValue.milliseconds(200))
          .measurementIterations(1)
          .measurementTime(TimeValue.milliseconds(200));
    }
    if (!RedisProcess.isInstalled()) {
      options.exclude("^" + RedisBench.class.getName().replace(".", "\\.") + "\\.");
    }
    if (plan.plugins().isEmpty()) {
      options.include("^" + PACKAGE.replace(".", "\\.") + ".*(" + plan.include() + ")");
    } else {
      List<String> names = new ArrayList<>(List.of(ExchangeBench.NONE));
      for (var candidate : PluginFetch.fetch(plan)) {
        candidate.handOver(handOver);
        names.add(candidate.name());
      }
      for (Class<?> bench : List.of(ExchangeBench.class, LifecycleBench.class, ChatBench.class)) {
        options.include(
            "^(?=.*(" + plan.include() + "))" + bench.getName().replace(".", "\\.") + "\\.");
      }
      options.param("plugin", names.toArray(String[]::new));
    }
    return options;
  }

  /** Puts the two modes of a bench together. */
  private static List<BenchResult> summarize(Collection<RunResult> results) {
    Map<String, List<RunResult>> modes = new LinkedHashMap<>();
    for (var result : results) {
      modes.computeIfAbsent(key(result), key -> new ArrayList<>()).add(result);
    }
    return modes.values().stream().map(Benches::summarize).toList();
  }

  private static String key(RunResult result) {
    return result.getParams().getBenchmark() + parameters(result);
  }

  private static Map<String, String> parameters(RunResult result) {
    Map<String, String> parameters = new LinkedHashMap<>();
    for (String name : result.getParams().getParamsKeys()) {
      parameters.put(name, result.getParams().getParam(name));
    }
    return parameters;
  }

  private static BenchResult summarize(List<RunResult> modes) {
    var average = inMode(modes, Mode.AverageTime);
    var sampled = inMode(modes, Mode.SampleTime).getPrimaryResult().getStatistics();
    return new BenchResult(
        average.getParams().getBenchmark().replace(PACKAGE, ""),
        parameters(average),
        average.getPrimaryResult().getScore(),
        average.getPrimaryResult().getScoreError(),
        profiled(average, CpuProfiler.RESULT),
        profiled(average, ALLOCATION),
        sampled.getPercentile(50),
        sampled.getPercentile(99),
        sampled.getPercentile(99.9));
  }

  private static double profiled(RunResult result, String name) {
    Result<?> value = result.getSecondaryResults().get(name);
    return value == null ? Double.NaN : value.getScore();
  }

  private static RunResult inMode(List<RunResult> modes, Mode mode) {
    return modes.stream()
        .filter(result -> result.getParams().getMode() == mode)
        .findFirst()
        .orElseThrow(() -> new BenchException("a bench gave no result in mode " + mode));
  }

  static void delete(@Nullable Path folder) {
    if (folder == null) {
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
