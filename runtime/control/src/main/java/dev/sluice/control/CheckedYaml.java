package dev.sluice.control;

import dev.sluice.control.internal.CheckedDocument;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Is a YAML file that was held against a JSON Schema and knows where everything stands in it. */
public final class CheckedYaml {
  private final CheckedDocument document;

  private CheckedYaml(CheckedDocument document) {
    this.document = document;
  }

  /**
   * Reads a file.
   *
   * @param schema a JSON Schema 2020-12; where a rule has a description, it says what is expected
   * @throws ConfigException with everything that does not fit, each with line, path and value
   */
  public static CheckedYaml read(Path file, String schema) {
    return new CheckedYaml(CheckedDocument.read(ConfigReader.text(file), file.toString(), schema));
  }

  /** Returns the whole as JSON. */
  public ObjectNode root() {
    return document.root();
  }

  /** Returns something that is wrong at a path, such as {@code cases[2].request.path}. */
  public ConfigProblem problem(String path, JsonNode value, String message) {
    return document.problem(path, value, message);
  }
}
