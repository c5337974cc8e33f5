package dev.sluice.gateway.internal;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** Shows what the plugins of a running gateway do, again and again. */
@Command(
    name = "top",
    description = {
      "Shows what plugins do: callbacks per second, time of a callback, failures, memory.",
      "On a terminal it goes on until it is interrupted, elsewhere it prints one table."
    },
    mixinStandardHelpOptions = true)
final class AdminTop implements Callable<Integer> {
  private static final String CLEAR = "\033[H\033[2J";

  @Mixin private AdminCommand.Target target = new AdminCommand.Target();
  @Mixin private Output output = new Output();

  @Option(
      names = "--interval",
      paramLabel = "SECONDS",
      defaultValue = "2",
      description = "How long to count, ${DEFAULT-VALUE} by default.")
  private double interval;

  @Option(names = "--count", paramLabel = "N", description = "How many tables to print.")
  private int count;

  @Override
  @SuppressWarnings("SystemConsoleNull") // Its type says that it may be null.
  public Integer call() throws InterruptedException {
    if (!(interval > 0) || interval > 3600) {
      throw new CommandFailure("--interval " + interval + " (expected: above 0, to 3600)");
    }
    var console = System.console();
    boolean terminal = console != null && console.isTerminal();
    int tables = count > 0 ? count : terminal && !output.isJson() ? Integer.MAX_VALUE : 1;
    var client = target.client();
    var before = client.getJson("/plugins");
    long at = System.nanoTime();
    for (int i = 0; i < tables; i++) {
      Thread.sleep((long) (interval * 1000));
      var now = client.getJson("/plugins");
      long then = System.nanoTime();
      var rates = rates(before, now, (then - at) / 1e9);
      if (now instanceof ArrayNode plugins) {
        plugins.forEach(
            plugin ->
                ((tools.jackson.databind.node.ObjectNode) plugin)
                    .put("callsPerSecond", rate(rates, plugin)));
      }
      output.print(now, (terminal ? CLEAR : "") + table(now, rates));
      before = now;
      at = then;
    }
    return 0;
  }

  private static Map<String, Double> rates(JsonNode before, JsonNode now, double seconds) {
    var calls = new HashMap<String, Long>();
    before.forEach(p -> calls.put(p.path("name").asString(""), p.path("calls").asLong(0)));
    var rates = new HashMap<String, Double>();
    for (var plugin : now) {
      var name = plugin.path("name").asString("");
      long made = plugin.path("calls").asLong(0) - calls.getOrDefault(name, 0L);
      rates.put(name, Math.max(made, 0) / seconds);
    }
    return rates;
  }

  private static double rate(Map<String, Double> rates, JsonNode plugin) {
    return rates.getOrDefault(plugin.path("name").asString(""), 0.0);
  }

  private static String table(JsonNode plugins, Map<String, Double> rates) {
    var text =
        new StringBuilder(
            row("NAME", "STATE", "CALLS/S", "P50", "P99", "FAILED", "VMS", "STREAMS", "MEMORY"));
    for (var plugin : plugins) {
      long failures = 0;
      for (var kind : plugin.path("failures")) {
        failures += kind.asLong(0);
      }
      text.append('\n')
          .append(
              row(
                  plugin.path("name").asString(""),
                  plugin.path("state").asString("-"),
                  String.format(Locale.ROOT, "%,.1f", rate(rates, plugin)),
                  plugin.at("/callTime/p50").asString("-"),
                  plugin.at("/callTime/p99").asString("-"),
                  Long.toString(failures),
                  plugin.path("vms").asString("0"),
                  plugin.path("contexts").asString("0"),
                  String.format(
                      Locale.ROOT, "%.1f MiB", plugin.path("memoryBytes").asLong(0) / 1048576.0)));
    }
    return text.toString();
  }

  private static String row(Object... cells) {
    return String.format("%-24s %-9s %10s %12s %12s %7s %4s %8s %10s", cells);
  }
}
