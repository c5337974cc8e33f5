package dev.sluice.gateway.internal;

import dev.sluice.testkit.CaseResult;
import dev.sluice.testkit.CaseResult.Difference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Shows people how cases came out: a line for one that holds, what differs for one that does not.
 */
final class CaseText {
  private static final int MOST_LINES = 40;
  private static final int MOST_COMPARED = 2000;
  private static final int CONTEXT = 2;
  private static final String INDENT = "        ";

  private @Nullable Path file;

  /** Returns the lines about a case, with the name of its file before the first of it. */
  String of(CaseResult result) {
    var text = new StringBuilder();
    if (!result.file().equals(file)) {
      file = result.file();
      text.append(file).append('\n');
    }
    text.append(result.holds() ? "  ok    " : "  FAIL  ")
        .append(result.name())
        .append(" (")
        .append(result.took().toMillis())
        .append(" ms)\n");
    for (var difference : result.differences()) {
      text.append(INDENT)
          .append(result.file())
          .append(':')
          .append(difference.line())
          .append(": ")
          .append(difference.path())
          .append('\n');
      lines(difference).forEach(line -> text.append(INDENT).append("  ").append(line).append('\n'));
    }
    if (!result.holds() && !result.log().isEmpty()) {
      text.append(INDENT).append("log\n");
      result.log().stream()
          .limit(MOST_LINES)
          .flatMap(line -> line.toString().lines())
          .forEach(line -> text.append(INDENT).append("  ").append(line).append('\n'));
    }
    return text.toString();
  }

  /** Returns the sum. */
  static String sum(int cases, long failed) {
    var all = cases + (cases == 1 ? " case" : " cases");
    return failed == 0 ? all + ", all hold" : all + ", " + failed + " failed";
  }

  private static List<String> lines(Difference difference) {
    var expected = difference.expected().lines().toList();
    var actual = difference.actual().lines().toList();
    if ((expected.size() <= 1 && actual.size() <= 1)
        || expected.size() > MOST_COMPARED
        || actual.size() > MOST_COMPARED) {
      var lines = new ArrayList<String>();
      lines.addAll(labelled("expected  ", expected));
      lines.addAll(labelled("actual    ", actual));
      return lines;
    }
    return compared(expected, actual);
  }

  private static List<String> labelled(String label, List<String> lines) {
    var shown = new ArrayList<String>();
    for (int i = 0; i < Math.min(lines.size(), MOST_LINES); i++) {
      shown.add((i == 0 ? label : " ".repeat(label.length())) + lines.get(i));
    }
    if (lines.size() > MOST_LINES) {
      shown.add(" ".repeat(label.length()) + "… " + (lines.size() - MOST_LINES) + " more lines");
    }
    return shown;
  }

  /** Returns the lines of both in one: - those that are missing, + those that are too many. */
  private static List<String> compared(List<String> expected, List<String> actual) {
    var all = new ArrayList<String>();
    var lengths = common(expected, actual);
    int e = 0;
    int a = 0;
    while (e < expected.size() || a < actual.size()) {
      if (e < expected.size() && a < actual.size() && expected.get(e).equals(actual.get(a))) {
        all.add("  " + expected.get(e));
        e++;
        a++;
      } else if (a == actual.size()
          || (e < expected.size() && lengths[e + 1][a] >= lengths[e][a + 1])) {
        all.add("- " + expected.get(e++));
      } else {
        all.add("+ " + actual.get(a++));
      }
    }
    var shown = around(all);
    shown.addFirst("- expected, + actual");
    return shown;
  }

  /** Leaves out lines that are far from any that differs. */
  private static List<String> around(List<String> lines) {
    var shown = new ArrayList<String>();
    int last = -1;
    for (int i = 0; i < lines.size() && shown.size() < MOST_LINES; i++) {
      boolean near = false;
      for (int j = Math.max(0, i - CONTEXT); j <= Math.min(lines.size() - 1, i + CONTEXT); j++) {
        near |= !lines.get(j).startsWith("  ");
      }
      if (near) {
        if (last != i - 1) {
          shown.add("  …");
        }
        shown.add(lines.get(i));
        last = i;
      }
    }
    return shown;
  }

  /** Returns the lengths of the longest common subsequences of what follows two places. */
  private static int[][] common(List<String> expected, List<String> actual) {
    var lengths = new int[expected.size() + 1][actual.size() + 1];
    for (int e = expected.size() - 1; e >= 0; e--) {
      for (int a = actual.size() - 1; a >= 0; a--) {
        lengths[e][a] =
            expected.get(e).equals(actual.get(a))
                ? lengths[e + 1][a + 1] + 1
                : Math.max(lengths[e + 1][a], lengths[e][a + 1]);
      }
    }
    return lengths;
  }
}
