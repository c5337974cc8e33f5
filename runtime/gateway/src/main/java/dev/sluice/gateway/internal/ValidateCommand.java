package dev.sluice.gateway.internal;

import dev.sluice.control.ConfigException;
import dev.sluice.control.ConfigReader;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

/** Checks a configuration without running it. */
@Command(
    name = "validate",
    description = "Checks a configuration and reports every error.",
    mixinStandardHelpOptions = true)
public final class ValidateCommand implements Callable<Integer> {
  @Mixin private Output output = new Output();

  @Option(
      names = {"-c", "--config"},
      required = true,
      paramLabel = "FILE")
  private Path config;

  /** Creates the command; called by picocli. */
  public ValidateCommand() {}

  @Override
  public Integer call() {
    List<dev.sluice.control.ConfigProblem> problems = List.of();
    try {
      ConfigReader.read(config);
    } catch (ConfigException e) {
      problems = e.problems();
    }
    var json = JsonMapper.shared().createArrayNode();
    var text = new StringBuilder();
    for (var problem : problems) {
      json.addObject()
          .put("file", problem.file())
          .put("line", problem.line())
          .put("column", problem.column())
          .put("path", problem.path())
          .put("value", problem.value())
          .put("message", problem.message());
      text.append(problem).append('\n');
    }
    text.append(problems.isEmpty() ? config + " is valid" : problems.size() + " errors");
    output.print(json, text.toString());
    return problems.isEmpty() ? 0 : 1;
  }
}
