package dev.sluice.control;

import java.util.List;
import java.util.stream.Collectors;

/** Reports everything that is wrong in a configuration; what served before goes on. */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What is wrong. */
  private final transient List<ConfigProblem> problems;

  /** Creates the exception. */
  public ConfigException(List<ConfigProblem> problems) {
    super(problems.stream().map(ConfigProblem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  /** Returns what is wrong, in the order of the file. */
  public List<ConfigProblem> problems() {
    return problems;
  }
}
