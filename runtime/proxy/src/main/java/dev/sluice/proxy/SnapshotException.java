package dev.sluice.proxy;

import java.util.List;
import java.util.stream.Collectors;

/** Reports why a snapshot could not be made: every reason, not only the first. */
public final class SnapshotException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What is wrong. */
  private final transient List<Problem> problems;

  /** Creates the exception. */
  public SnapshotException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("; ")));
    this.problems = List.copyOf(problems);
  }

  /** Returns what is wrong. */
  public List<Problem> problems() {
    return problems;
  }

  /** Says which part of a configuration a problem is in. */
  public enum Part {
    ROUTE,
    UPSTREAM,
    PLUGIN,
    LISTENER
  }

  /**
   * Is one thing that is wrong.
   *
   * @param part the kind of thing
   * @param name its name in the configuration
   * @param message the value and what was expected
   */
  public record Problem(Part part, String name, String message) {
    @Override
    public String toString() {
      return part.name().toLowerCase(java.util.Locale.ROOT) + " " + name + ": " + message;
    }
  }
}
