package dev.sluice.control;

/**
 * Is one thing that is wrong in a configuration.
 *
 * @param file the file's name, or {@code request} for one sent to the admin API
 * @param line from 1, or 0 when unknown
 * @param column from 1, or 0 when unknown
 * @param path such as {@code routes[2].match.path.prefix}; empty for the whole
 * @param value as it stands there as JSON, shortened; {@code ***} for secrets; empty when there is
 *     none to show
 * @param message what is wrong and what was expected
 */
public record ConfigProblem(
    String file, int line, int column, String path, String value, String message) {
  @Override
  public String toString() {
    var place = line > 0 ? file + ":" + line + ":" + column : file;
    var subject = path.isEmpty() ? "" : path + ": ";
    return place + ": " + subject + (value.isEmpty() ? "" : value + ": ") + message;
  }
}
