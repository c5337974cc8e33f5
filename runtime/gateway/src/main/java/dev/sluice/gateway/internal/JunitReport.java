package dev.sluice.gateway.internal;

import dev.sluice.testkit.CaseResult;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes results as the XML that build servers read, one suite for each file. */
final class JunitReport {
  private JunitReport() {}

  static String of(List<CaseResult> results) {
    Map<String, List<CaseResult>> files =
        results.stream()
            .collect(
                Collectors.groupingBy(
                    result -> result.file().toString(), LinkedHashMap::new, Collectors.toList()));
    var xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    files.forEach((file, cases) -> suite(xml, file, cases));
    return xml.append("</testsuites>\n").toString();
  }

  private static void suite(StringBuilder xml, String file, List<CaseResult> cases) {
    long failed = cases.stream().filter(result -> !result.holds()).count();
    xml.append(
        "  <testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"0\">\n"
            .formatted(escaped(file), cases.size(), failed));
    for (var result : cases) {
      xml.append(
          String.format(
              Locale.ROOT,
              "    <testcase classname=\"%s\" name=\"%s\" time=\"%.3f\">",
              escaped(file),
              escaped(result.name()),
              result.took().toMillis() / 1000.0));
      if (!result.holds()) {
        var first = result.differences().getFirst();
        xml.append(
            "\n      <failure message=\"%s\">%s</failure>\n    "
                .formatted(escaped(first.path()), escaped(new CaseText().of(result))));
      }
      xml.append("</testcase>\n");
    }
    xml.append("  </testsuite>\n");
  }

  private static String escaped(String text) {
    var safe = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                default -> {
                  // XML 1.0 has no other control characters.
                  boolean allowed = c >= ' ' || c == '\n' || c == '\t';
                  safe.appendCodePoint(allowed && c != 0xFFFE && c != 0xFFFF ? c : 0xFFFD);
                }
              }
            });
    return safe.toString();
  }
}
