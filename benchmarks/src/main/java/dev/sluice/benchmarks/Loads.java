package dev.sluice.benchmarks;

import dev.sluice.benchmarks.internal.Candidate;
import dev.sluice.benchmarks.internal.LoadProbe;
import dev.sluice.benchmarks.internal.PluginFetch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Measures how plugins load, each in a JVM of its own. */
public final class Loads {
  private Loads() {}

  /**
   * Loads the plugins of a plan, or the bundled guests when it names none; takes seconds for each.
   *
   * @throws BenchException when one cannot be loaded
   * @throws dev.sluice.registry.RegistryException when one cannot be had
   */
  public static List<LoadResult> run(BenchPlan plan) {
    var candidates =
        plan.plugins().isEmpty()
            ? List.of(Candidate.bundled("header", plan.configuration()))
            : PluginFetch.fetch(plan);
    var results = new ArrayList<LoadResult>();
    for (var candidate : candidates) {
      var flags = new ArrayList<String>(plan.jvm());
      if (candidate.isScript()) {
        flags.addAll(plan.scripts().flags());
      }
      results.add(measure(candidate, flags));
    }
    return results;
  }

  private static LoadResult measure(Candidate candidate, List<String> jvm) {
    try {
      var folder = Files.createTempDirectory("sluice-bench-");
      try {
        candidate.handOver(folder);
        return LoadProbe.parse(output(candidate, folder, jvm));
      } finally {
        Benches.delete(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String output(Candidate candidate, Path folder, List<String> jvm)
      throws IOException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(Benches.FLAGS);
    command.addAll(jvm);
    command.add(Candidate.handOverFlag(folder));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(LoadProbe.class.getName(), candidate.name()));
    var process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new BenchException(candidate.name() + " could not be loaded; see the message above");
      }
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted", e);
    }
    return output;
  }
}
