package dev.sluice.gateway.internal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/**
 * Runs the benchmarks in a process of their own, whose class path has JMH; all that stands behind
 * the command is theirs.
 */
@Command(
    name = "bench",
    description = "Measures the hot paths, or plugins of your own, side by side (JMH).")
public final class BenchCommand implements Callable<Integer> {
  private static final String MAIN = "dev.sluice.benchmarks.Main";

  @Unmatched private List<String> arguments = new ArrayList<>();

  /** Creates the command; called by picocli. */
  public BenchCommand() {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    var lib = Folders.distribution("bench/lib");
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
    command.add("-Dsluice.bench.compiler=" + Folders.distribution("compiler"));
    command.addAll(List.of("-Dio.netty.leakDetection.level=disabled", "-cp"));
    command.add(lib + "/*:" + Folders.distribution("lib") + "/*");
    command.add(MAIN);
    command.addAll(arguments);
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }
}
