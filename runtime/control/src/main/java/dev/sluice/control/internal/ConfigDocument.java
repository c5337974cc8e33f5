package dev.sluice.control.internal;

import dev.sluice.control.ConfigProblem;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Is a parsed file: its values after substitution, where each stood, and what must not be shown.
 *
 * @param root the whole as JSON
 * @param raw the whole before substitution, for showing it
 * @param marks where each path stood
 * @param secrets paths whose value came from a variable or file
 * @param problems what is wrong so far
 */
record ConfigDocument(
    String file,
    ObjectNode root,
    ObjectNode raw,
    Map<String, Mark> marks,
    Set<String> secrets,
    List<ConfigProblem> problems) {
  /** Is a place in a file, from 1. */
  record Mark(int line, int column) {}

  /** Reports a problem at a path; a path without a mark takes that of what holds it. */
  void report(String path, @Nullable Object value, String message) {
    var mark = mark(path);
    problems.add(
        new ConfigProblem(file, mark.line, mark.column, path, shown(path, value), message));
  }

  private Mark mark(String path) {
    var at = path;
    while (true) {
      var mark = marks.get(at);
      if (mark != null) {
        return mark;
      }
      int cut = Math.max(at.lastIndexOf('.'), at.lastIndexOf('['));
      if (cut < 0) {
        return marks.getOrDefault("", new Mark(1, 1));
      }
      at = at.substring(0, cut);
    }
  }

  private String shown(String path, @Nullable Object value) {
    if (value == null) {
      return "";
    }
    if (secrets.contains(path)
        || secrets.stream().anyMatch(secret -> secret.startsWith(path + "."))) {
      return "***";
    }
    var text = value.toString();
    return text.length() <= 80 ? text : text.substring(0, 77) + "...";
  }
}
