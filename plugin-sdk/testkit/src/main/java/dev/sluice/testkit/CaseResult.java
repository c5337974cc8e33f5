package dev.sluice.testkit;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Is how one case of a file of {@code tests/} came out.
 *
 * @param file where it stands
 * @param line from 1
 * @param name as the file says it
 * @param differences what is otherwise than expected; empty when the case holds
 * @param log what the plugin logged
 * @param took in real time
 */
public record CaseResult(
    Path file,
    int line,
    String name,
    List<Difference> differences,
    List<LogLine> log,
    Duration took) {
  /** Copies the lists. */
  public CaseResult {
    differences = List.copyOf(differences);
    log = List.copyOf(log);
  }

  /** Returns whether all is as expected. */
  public boolean holds() {
    return differences.isEmpty();
  }

  /**
   * Is one thing that is otherwise than expected.
   *
   * @param line where the expectation stands, from 1
   * @param path of the expectation, such as {@code cases[0].expect.response.status}
   * @param expected what the file says
   * @param actual what there was
   */
  public record Difference(int line, String path, String expected, String actual) {}
}
