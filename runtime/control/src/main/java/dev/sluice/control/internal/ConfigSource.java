package dev.sluice.control.internal;

import dev.sluice.control.ConfigProblem;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ObjectNode;

/**
 * Is a configuration as it was written, before references are filled in.
 *
 * @param file its name in messages
 * @param raw the whole as JSON
 * @param marks where each path stands; a path without a mark stands nowhere the user could look
 * @param problems what is wrong with how it is written
 */
public record ConfigSource(
    String file, ObjectNode raw, Map<String, Mark> marks, List<ConfigProblem> problems) {
  private static final Pattern PLUGIN = Pattern.compile("plugins\\[(\\d+)]");

  /** Is a place in a file, from 1. */
  record Mark(int line, int column) {
    /** Stands for what has no place. */
    static final Mark NONE = new Mark(0, 0);

    /** Returns where a path stands; one without a mark stands where what holds it does. */
    static Mark of(Map<String, Mark> marks, String path) {
      var at = path;
      while (true) {
        var mark = marks.get(at);
        if (mark != null) {
          return mark;
        }
        if (at.isEmpty()) {
          return NONE;
        }
        at = at.substring(0, Math.max(0, Math.max(at.lastIndexOf('.'), at.lastIndexOf('['))));
      }
    }
  }

  /** Returns the same places with other values. */
  ConfigSource with(ObjectNode other) {
    return new ConfigSource(file, other, marks, problems);
  }

  /** Returns this as a part of something larger: its places then belong to the paths below. */
  ConfigSource within(String path, ObjectNode whole) {
    Map<String, Mark> moved = new HashMap<>();
    marks.forEach((at, mark) -> moved.put(join(path, at), mark));
    var renamed =
        problems.stream()
            .map(
                p ->
                    new ConfigProblem(
                        p.file(),
                        p.line(),
                        p.column(),
                        join(path, p.path()),
                        p.value(),
                        p.message()))
            .toList();
    return new ConfigSource(file, whole, moved, renamed);
  }

  /** Returns the name of the plugin that a problem is about. */
  Optional<String> plugin(ConfigProblem problem) {
    var matcher = PLUGIN.matcher(problem.path());
    if (!matcher.lookingAt() || matcher.group(1).length() > 6) {
      return Optional.empty();
    }
    var name = raw.path("plugins").path(Integer.parseInt(matcher.group(1))).path("name");
    return name.isString() ? Optional.of(name.asString()) : Optional.empty();
  }

  private static String join(String path, String below) {
    return below.isEmpty() ? path : below.startsWith("[") ? path + below : path + "." + below;
  }
}
