package dev.sluice.gateway.internal;

import dev.sluice.control.ConfigException;
import dev.sluice.testkit.CaseResult;
import dev.sluice.testkit.PluginCases;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Runs a plugin's cases. */
@Command(
    name = "test",
    description = {
      "Builds a plugin and runs the cases of its tests/*.yaml, without a gateway.",
      "Exits with 0 when all hold, 1 when one does not, 2 when a file of cases is malformed."
    },
    mixinStandardHelpOptions = true)
public final class PluginTestCommand implements Callable<Integer> {
  @Mixin private Output output = new Output();

  @Parameters(index = "0", arity = "0..1", paramLabel = "DIR", defaultValue = ".")
  private Path dir;

  @Option(names = "--no-build", description = "Takes the plugin as it was built before.")
  private boolean noBuild;

  @Option(
      names = "--filter",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "Runs only the cases whose name contains it.")
  private String filter;

  @Option(names = "--junit", paramLabel = "FILE", description = "Writes the results as JUnit XML.")
  private @Nullable Path junit;

  @Option(names = "--schema", description = "Prints the JSON Schema of case files, for editors.")
  private boolean schema;

  /** Creates the command; called by picocli. */
  public PluginTestCommand() {}

  @Override
  public Integer call() throws IOException {
    if (schema) {
      System.out.println(PluginCases.schema().strip());
      return 0;
    }
    var files = PluginCases.files(dir);
    if (files.isEmpty()) {
      throw new CommandFailure(
          dir.resolve("tests") + " has no *.yaml with cases (expected: at least one)");
    }
    LogSetup.warningsOnly();
    if (!noBuild) {
      Toolchain.build(dir);
    }
    var text = new CaseText();
    List<CaseResult> results;
    try (var cases = new PluginCases(dir, Folders.code())) {
      results =
          cases.run(
              files,
              filter,
              result -> {
                if (!output.isJson()) {
                  System.out.print(text.of(result));
                }
              });
    } catch (ConfigException e) {
      Output.say(String.valueOf(e.getMessage()));
      return 2;
    }
    if (results.isEmpty()) {
      throw new CommandFailure("no case has \"" + filter + "\" in its name");
    }
    if (junit != null) {
      Files.writeString(junit, JunitReport.of(results));
    }
    long failed = results.stream().filter(result -> !result.holds()).count();
    output.print(json(results, failed), CaseText.sum(results.size(), failed));
    return failed == 0 ? 0 : 1;
  }

  private static ObjectNode json(List<CaseResult> results, long failed) {
    var json = JsonMapper.shared().createObjectNode();
    json.put("cases", results.size()).put("failed", failed);
    var list = json.putArray("results");
    for (var result : results) {
      var each = list.addObject();
      each.put("file", result.file().toString()).put("line", result.line());
      each.put("name", result.name()).put("holds", result.holds());
      each.put("milliseconds", result.took().toMillis());
      var differences = each.putArray("differences");
      for (var difference : result.differences()) {
        differences
            .addObject()
            .put("line", difference.line())
            .put("path", difference.path())
            .put("expected", difference.expected())
            .put("actual", difference.actual());
      }
      var log = each.putArray("log");
      result.log().forEach(line -> log.add(line.toString()));
    }
    return json;
  }
}
