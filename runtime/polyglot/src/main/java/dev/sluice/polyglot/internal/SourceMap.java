package dev.sluice.polyglot.internal;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Finds the author's line of a position in a bundled script, by the inline source map that {@code
 * sluice plugin build} leaves in it (ECMA-426).
 */
final class SourceMap {
  private static final String COMMENT = "//# sourceMappingURL=data:application/json;base64,";
  private static final String DIGITS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

  /** Is where a stretch of a generated line comes from; all numbers from 0. */
  private record Segment(int column, int source, int line, int sourceColumn) {}

  private static final SourceMap NONE = new SourceMap(List.of(), List.of());

  private final List<String> sources;
  private final List<List<Segment>> lines;

  private SourceMap(List<String> sources, List<List<Segment>> lines) {
    this.sources = sources;
    this.lines = lines;
  }

  /** Reads the map at the end of a script; an absent or broken one maps nothing. */
  static SourceMap of(String script) {
    int at = script.lastIndexOf(COMMENT);
    if (at < 0) {
      return NONE;
    }
    try {
      var json = Base64.getMimeDecoder().decode(script.substring(at + COMMENT.length()).strip());
      var tree = new JsonMapper().readTree(new String(json, StandardCharsets.UTF_8));
      var sources = new ArrayList<String>();
      tree.path("sources")
          .forEach(source -> sources.add(source.asString("").replaceFirst("^(\\.\\./)+", "")));
      return new SourceMap(sources, decode(tree.path("mappings").asString("")));
    } catch (IllegalArgumentException | JacksonException | IndexOutOfBoundsException e) {
      return NONE;
    }
  }

  private static List<List<Segment>> decode(String mappings) {
    var lines = new ArrayList<List<Segment>>();
    int[] state = new int[4]; // column, source, line, column there
    for (var line : mappings.split(";", -1)) {
      state[0] = 0;
      var segments = new ArrayList<Segment>();
      for (var text : line.isEmpty() ? new String[0] : line.split(",", -1)) {
        int fields = add(text, state);
        if (fields >= 4) {
          segments.add(new Segment(state[0], state[1], state[2], state[3]));
        }
      }
      lines.add(segments);
    }
    return lines;
  }

  /** Adds the differences of one segment to the state and returns how many there were. */
  private static int add(String segment, int[] state) {
    int field = 0;
    int shift = 0;
    int value = 0;
    for (int i = 0; i < segment.length(); i++) {
      int digit = DIGITS.indexOf(segment.charAt(i));
      if (digit < 0) {
        throw new IllegalArgumentException("mappings: " + segment);
      }
      value |= (digit & 31) << shift;
      shift += 5;
      if ((digit & 32) == 0) {
        if (field < state.length) {
          state[field] += (value & 1) == 0 ? value >> 1 : -(value >> 1);
        }
        field++;
        value = 0;
        shift = 0;
      }
    }
    return field;
  }

  /** Returns {@code file:line:column} for a position that counts from 1. */
  String position(String file, int line, int column) {
    if (line >= 1 && line <= lines.size()) {
      Segment found = null;
      for (var segment : lines.get(line - 1)) {
        if (segment.column() > column - 1) {
          break;
        }
        found = segment;
      }
      if (found != null && found.source() >= 0 && found.source() < sources.size()) {
        return sources.get(found.source())
            + ":"
            + (found.line() + 1)
            + ":"
            + (found.sourceColumn() + 1);
      }
    }
    return file + ":" + line + ":" + column;
  }
}
