package dev.sluice.control.internal;

import dev.sluice.control.ConfigException;
import dev.sluice.control.ConfigProblem;
import dev.sluice.control.internal.ConfigSource.Mark;
import java.util.ArrayList;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Is a document other than the gateway's configuration, held against a schema.
 *
 * @param source as it was written: references are not filled in
 */
public record CheckedDocument(ConfigSource source) {
  private static final int SHOWN = 80;

  /**
   * Reads a document.
   *
   * @throws ConfigException with everything that does not fit
   */
  public static CheckedDocument read(String text, String file, String schema) {
    var document = new CheckedDocument(YamlReader.read(text, file));
    var problems = new ArrayList<>(document.source.problems());
    for (var finding : SchemaCheck.described(schema).check(document.root())) {
      problems.add(document.problem(finding.path(), finding.value(), finding.message()));
    }
    if (!problems.isEmpty()) {
      problems.sort(
          Comparator.comparingInt(ConfigProblem::line).thenComparingInt(ConfigProblem::column));
      throw new ConfigException(problems);
    }
    return document;
  }

  /** Returns the whole. */
  public ObjectNode root() {
    return source.raw();
  }

  /** Returns a problem at a path; a path without a mark takes that of what holds it. */
  public ConfigProblem problem(String path, @Nullable JsonNode value, String message) {
    var mark = Mark.of(source.marks(), path);
    var shown = value == null || value.isMissingNode() || value.isObject() ? "" : value.toString();
    return new ConfigProblem(
        source.file(),
        mark.line(),
        mark.column(),
        path,
        shown.length() <= SHOWN ? shown : shown.substring(0, SHOWN - 3) + "...",
        message);
  }
}
