package dev.sluice.testkit.internal;

import dev.sluice.testkit.CaseResult.Difference;
import dev.sluice.testkit.LogLine;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Collects what differs from what a case expects. */
public final class CaseReport {
  private final CaseReader reader;
  private final List<Difference> differences = new ArrayList<>();

  /** Creates a report without differences. */
  public CaseReport(CaseReader reader) {
    this.reader = reader;
  }

  /** Returns what differs. */
  public List<Difference> differences() {
    return differences;
  }

  /** Adds a difference. */
  public void add(String path, String expected, String actual) {
    differences.add(new Difference(reader.line(path), path, expected, actual));
  }

  /** Compares a text with what is expected of it. */
  public void compare(String path, JsonNode expected, @Nullable String actual) {
    var mismatch = new Expectation(expected).of(actual);
    if (mismatch != null) {
      add(path, mismatch.expected(), mismatch.actual());
    }
  }

  /** Compares like {@link #compare}, but a plain text need only be part of the whole. */
  public void contained(String path, JsonNode expected, String actual) {
    if (!expected.isString() || !actual.contains(expected.asString())) {
      compare(path, expected, actual);
    }
  }

  /** Looks for lines of the log. */
  public void log(String path, JsonNode expected, List<LogLine> lines) {
    var all = lines.stream().map(LogLine::toString).collect(Collectors.joining("\n"));
    if (expected.isEmpty() && !lines.isEmpty()) {
      add(path, "nothing is logged", all);
    }
    for (int i = 0; i < expected.size(); i++) {
      var wanted = expected.get(i);
      if (lines.stream().noneMatch(line -> fits(wanted, line))) {
        add(
            path + "[" + i + "]",
            "a line: " + (wanted.isString() ? wanted.asString() : wanted.toString()),
            all.isEmpty() ? "nothing is logged" : all);
      }
    }
  }

  private static boolean fits(JsonNode wanted, LogLine line) {
    if (wanted.isString()) {
      return line.message().contains(wanted.asString());
    }
    var level = wanted.path("level").asString("");
    return (level.isEmpty() || level.equals(line.level().name().toLowerCase(Locale.ROOT)))
        && (!wanted.has("message")
            || new Expectation(wanted.path("message")).of(line.message()) == null);
  }
}
