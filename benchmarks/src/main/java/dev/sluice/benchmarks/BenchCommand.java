package dev.sluice.benchmarks;

import dev.sluice.registry.RegistryException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** Is {@code sluice bench}: prints a table of what the benches measured. */
@Command(
    name = "bench",
    description = {
      "Measures latency and allocation of the hot paths with JMH; takes some minutes.",
      "With --plugin, compares plugins on one exchange, with each other and with none.",
      "With --load, measures how long plugins take to load instead, and their memory."
    },
    mixinStandardHelpOptions = true)
public final class BenchCommand implements Callable<Integer> {
  private enum Output {
    human,
    json
  }

  @Spec private CommandSpec spec;

  @Option(
      names = "--plugin",
      paramLabel = "REF",
      description = "A plugin: a file, a folder, or an oci://, oci-layout: or https:// url.")
  private List<String> plugins = new ArrayList<>();

  @Option(
      names = "--plugin-config",
      paramLabel = "JSON",
      defaultValue = "",
      description = "The pluginConfig of these plugins.")
  private String configuration;

  @Option(
      names = "--include",
      paramLabel = "REGEX",
      description =
          "Only benches whose name contains this, such as Exchange, Counters or PatternBench.scan.")
  private List<String> include = new ArrayList<>();

  @Option(
      names = "--quick",
      description = "One short round of each: tells whether all runs, not how fast.")
  private boolean quick;

  @Option(
      names = "--load",
      description = "Measure loading: compile, load from the disk cache, start, memory of a VM.")
  private boolean load;

  @Option(
      names = "--jvm-flag",
      paramLabel = "FLAG",
      description = "A further flag of the JVMs that are measured, such as -XX:+UseZGC.")
  private List<String> jvm = new ArrayList<>();

  @Option(
      names = "--scripts",
      paramLabel = "MODE",
      defaultValue = "interpreted",
      description =
          "How JavaScript and Python run: compiled or interpreted (the default). Compiled, allow"
              + " them a minute of warming up.")
  private String scripts;

  @Option(names = "--plain-http", description = "Ask registries over plain HTTP.")
  private boolean plainHttp;

  @Option(
      names = "--output",
      paramLabel = "FORMAT",
      defaultValue = "human",
      description = "${COMPLETION-CANDIDATES}")
  private Output output;

  @Override
  public Integer call() {
    try {
      var plan =
          new BenchPlan(
              plugins,
              configuration,
              String.join("|", include),
              quick,
              plainHttp,
              cache(),
              jvm,
              mode());
      if (load) {
        print(Loads.run(plan), BenchCommand::loadTable);
      } else {
        print(Benches.run(plan, System.err), BenchCommand::table);
      }
      return 0;
    } catch (BenchException | RegistryException e) {
      spec.commandLine().getErr().println("sluice: " + e.getMessage());
      return 1;
    }
  }

  private ScriptMode mode() {
    for (var mode : ScriptMode.values()) {
      if (mode.name().equalsIgnoreCase(scripts)) {
        return mode;
      }
    }
    throw new BenchException("--scripts: " + scripts + " (expected: compiled or interpreted)");
  }

  private <R> void print(List<R> results, BiConsumer<List<R>, PrintWriter> table) {
    PrintWriter out = spec.commandLine().getOut();
    if (output == Output.json) {
      out.println(JsonMapper.builder().build().writeValueAsString(results));
    } else {
      table.accept(results, out);
    }
    out.flush();
  }

  private static Path cache() {
    var base = Optional.ofNullable(System.getenv("XDG_CACHE_HOME")).filter(set -> !set.isEmpty());
    return base.map(Path::of)
        .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache"))
        .resolve("sluice")
        .resolve("artifacts");
  }

  static void table(List<BenchResult> results, PrintWriter out) {
    var names = results.stream().map(BenchCommand::title).toList();
    int width = Math.max(5, names.stream().mapToInt(String::length).max().orElse(0));
    String row = "%-" + width + "s %12s %10s %10s %10s %10s %10s %10s%n";
    out.printf(Locale.ROOT, row, "bench", "ns", "±", "cpu ns", "p50", "p99", "p99.9", "bytes");
    for (int i = 0; i < results.size(); i++) {
      var result = results.get(i);
      out.printf(
          Locale.ROOT,
          row,
          names.get(i),
          number(result.nanos()),
          number(result.error()),
          number(result.cpu()),
          number(result.p50()),
          number(result.p99()),
          number(result.p999()),
          number(result.bytes()));
    }
  }

  static void loadTable(List<LoadResult> results, PrintWriter out) {
    int width = Math.max(6, results.stream().mapToInt(r -> r.plugin().length()).max().orElse(0));
    String row = "%-" + width + "s %9s %10s %10s %10s %10s %10s%n";
    out.printf(
        Locale.ROOT,
        row,
        "plugin",
        "KiB",
        "compile ms",
        "cached ms",
        "first ms",
        "next ms",
        "KiB/VM");
    for (var result : results) {
      out.printf(
          Locale.ROOT,
          row,
          result.plugin(),
          number(result.size() / 1024.0),
          number(result.cold()),
          number(result.warm()),
          number(result.first()),
          number(result.next()),
          number(result.bytes() / 1024));
    }
  }

  private static String title(BenchResult result) {
    var parameters = new StringBuilder();
    result.parameters().forEach((name, value) -> parameters.append(' ').append(value));
    return result.bench().replace("Bench.", ".") + parameters;
  }

  private static String number(double value) {
    return Double.isNaN(value)
        ? ""
        : String.format(Locale.ROOT, value < 100 ? "%.1f" : "%.0f", value);
  }
}
