package dev.sluice.control;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads the text format of Prometheus 0.0.4 as strictly as Prometheus does: every sample belongs to
 * the family announced before it, no family and no series comes twice.
 */
public final class PrometheusText {
  private static final String NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
  private static final String LABEL = "[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\\\n]|\\\\[\\\\\"n])*\"";
  private static final Pattern HELP = Pattern.compile("# HELP (" + NAME + ") (.*)");
  private static final Pattern TYPE =
      Pattern.compile("# TYPE (" + NAME + ") (counter|gauge|histogram|summary|untyped)");
  private static final Pattern SAMPLE =
      Pattern.compile(
          "(" + NAME + ")(\\{(?:" + LABEL + "(?:," + LABEL + ")*,?)?})? (\\S+)(?: -?[0-9]+)?");

  private final Map<String, String> types = new LinkedHashMap<>();
  private final Map<String, Double> samples = new HashMap<>();
  private final List<String> errors = new ArrayList<>();
  private String family = "";

  /** Reads the text of a scrape. */
  public PrometheusText(String text) {
    if (!text.endsWith("\n")) {
      errors.add("no line break at the end");
    }
    text.lines().forEach(this::line);
    types.forEach(
        (name, type) -> {
          if (type.equals("histogram")) {
            histogram(name);
          }
        });
  }

  private void line(String line) {
    var help = HELP.matcher(line);
    var type = TYPE.matcher(line);
    var sample = SAMPLE.matcher(line);
    if (help.matches()) {
      family = help.group(1);
    } else if (type.matches()) {
      if (!type.group(1).equals(family) || types.put(family, type.group(2)) != null) {
        errors.add("out of place: " + line);
      }
    } else if (sample.matches()) {
      sample(
          line, sample.group(1), sample.group(2) == null ? "" : sample.group(2), sample.group(3));
    } else {
      errors.add("not understood: " + line);
    }
  }

  private void sample(String line, String name, String labels, String value) {
    Set<String> allowed = new HashSet<>(Set.of(family));
    if (types.getOrDefault(family, "").matches("histogram|summary")) {
      allowed.addAll(Set.of(family + "_bucket", family + "_sum", family + "_count"));
    }
    if (!allowed.contains(name)) {
      errors.add("not of family " + family + ": " + line);
    }
    var number =
        switch (value) {
          case "+Inf" -> Double.POSITIVE_INFINITY;
          case "-Inf" -> Double.NEGATIVE_INFINITY;
          default -> Double.parseDouble(value);
        };
    if (samples.put(name + labels, number) != null) {
      errors.add("twice: " + line);
    }
    if (types.getOrDefault(family, "").equals("counter") && number < 0) {
      errors.add("negative: " + line);
    }
  }

  /** Holds the last bucket of each series against its count. */
  private void histogram(String name) {
    samples.forEach(
        (series, value) -> {
          if (series.startsWith(name + "_count")) {
            var labels = series.substring((name + "_count").length());
            var infinite =
                name
                    + "_bucket"
                    + (labels.isEmpty()
                        ? "{le=\"+Inf\"}"
                        : labels.substring(0, labels.length() - 1) + ",le=\"+Inf\"}");
            if (!value.equals(samples.get(infinite))) {
              errors.add(series + " " + value + ", but " + infinite + " " + samples.get(infinite));
            }
          }
        });
  }

  /** Returns what Prometheus would complain about. */
  public List<String> errors() {
    return errors;
  }

  /** Returns the families with their types. */
  public Map<String, String> types() {
    return types;
  }

  /** Returns the value of a series such as {@code name{label="value"}}, or NaN. */
  public double value(String series) {
    return samples.getOrDefault(series, Double.NaN);
  }
}
