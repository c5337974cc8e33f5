package dev.sluice.gateway.internal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs the benchmarks in a process of their own. */
@Command(
    name = "bench",
    description = "Measures the hot paths, or plugins of your own, side by side (JMH).",
    mixinStandardHelpOptions = true)
public final class BenchCommand implements Callable<Integer> {
  private static final String MAIN = "dev.sluice.benchmarks.Main";

  @Option(
      names = "--plugin",
      paramLabel = "REF",
      description = "A plugin to measure: a reference or a file; may be repeated.")
  private List<String> plugins = List.of();

  @Option(names = "--quick", description = "One short round, to see that it works.")
  private boolean quick;

  @Option(names = "--include", paramLabel = "REGEX", description = "Only benchmarks of this name.")
  private List<String> include = List.of();

  /** Creates the command; called by picocli. */
  public BenchCommand() {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    var lib = Folders.distribution("bench/lib");
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
    command.addAll(List.of("-Dio.netty.leakDetection.level=disabled", "-cp"));
    command.add(lib + "/*:" + Folders.distribution("lib") + "/*");
    command.add(MAIN);
    plugins.forEach(plugin -> command.addAll(List.of("--plugin", plugin)));
    include.forEach(name -> command.addAll(List.of("--include", name)));
    if (quick) {
      command.add("--quick");
    }
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }
}
