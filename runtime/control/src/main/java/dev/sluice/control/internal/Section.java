package dev.sluice.control.internal;

import java.math.BigDecimal;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Reads one mapping of a document. Values of the wrong shape read as their default, since the
 * schema has reported them already; what the schema cannot tell is reported here.
 */
final class Section {
  private static final Pattern ADDRESS =
      Pattern.compile("(\\[[0-9a-fA-F:.]+]|[A-Za-z0-9.-]+):([0-9]{1,5})");
  private static final Map<String, BigDecimal> NANOS =
      Map.of(
          "ms", new BigDecimal(1_000_000L),
          "s", new BigDecimal(1_000_000_000L),
          "m", new BigDecimal(60_000_000_000L),
          "h", new BigDecimal(3_600_000_000_000L));
  private static final Map<String, BigDecimal> BYTES =
      Map.of(
          "B", BigDecimal.ONE,
          "KiB", new BigDecimal(1 << 10),
          "MiB", new BigDecimal(1 << 20),
          "GiB", new BigDecimal(1 << 30));
  private static final JsonNodeFactory JSON = JsonMapper.shared().getNodeFactory();

  private final ConfigDocument document;
  private final JsonNode node;
  private final String path;

  Section(ConfigDocument document, JsonNode node, String path) {
    this.document = document;
    this.node = node;
    this.path = path;
  }

  String path() {
    return path;
  }

  String path(String field) {
    return path.isEmpty() ? field : path + "." + field;
  }

  JsonNode node(String field) {
    return node.path(field);
  }

  boolean has(String field) {
    return node.has(field) && !node.path(field).isNull();
  }

  Section section(String field) {
    return new Section(document, node.path(field), path(field));
  }

  List<Section> list(String field) {
    var sections = new ArrayList<Section>();
    int index = 0;
    for (var item : node.path(field)) {
      sections.add(new Section(document, item, path(field) + "[" + index + "]"));
      index++;
    }
    return sections;
  }

  List<String> texts(String field) {
    return list(field).stream().map(Section::asText).toList();
  }

  /** Returns the entries that are mappings; the schema has reported the others. */
  List<Section> mappings(String field) {
    return list(field).stream().filter(section -> section.node.isObject()).toList();
  }

  /** Returns this value itself as text, for lists of words. */
  String asText() {
    return node.isValueNode() ? node.asString() : "";
  }

  JsonNode value() {
    return node;
  }

  String text(String field, String otherwise) {
    var value = node.path(field);
    return value.isValueNode() && !value.isNull() ? value.asString() : otherwise;
  }

  @Nullable String textOrNull(String field) {
    return has(field) ? text(field, "") : null;
  }

  int integer(String field, int otherwise) {
    var value = node.path(field);
    return value.isInt() ? value.asInt() : otherwise;
  }

  double number(String field, double otherwise) {
    var value = node.path(field);
    return value.isNumber() ? value.asDouble() : otherwise;
  }

  boolean flag(String field) {
    var value = node.path(field);
    return value.isBoolean() && value.asBoolean();
  }

  <T> T choice(String field, T otherwise, Function<String, T> by) {
    try {
      return has(field) ? by.apply(text(field, "")) : otherwise;
    } catch (IllegalArgumentException e) {
      return otherwise;
    }
  }

  /** Reads a duration that cannot be switched off. */
  Duration bound(String field, Duration otherwise) {
    var duration = duration(field, otherwise);
    if (duration.isZero()) {
      report(field, "is no bound (expected: more than 0s)");
    }
    return duration;
  }

  Duration duration(String field, Duration otherwise) {
    var quantity = Quantity.of(text(field, ""));
    var unit = NANOS.get(quantity.unit);
    if (unit == null) {
      return otherwise;
    }
    try {
      return Duration.ofNanos(quantity.number.multiply(unit).longValueExact());
    } catch (ArithmeticException e) {
      report(field, "is out of range (expected: up to 292 years, whole nanoseconds)");
      return otherwise;
    }
  }

  long size(String field, long otherwise, long least, long most) {
    var quantity = Quantity.of(text(field, ""));
    var unit = BYTES.get(quantity.unit);
    if (unit == null) {
      return otherwise;
    }
    var bytes = quantity.number.multiply(unit);
    if (bytes.compareTo(BigDecimal.valueOf(least)) < 0
        || bytes.compareTo(BigDecimal.valueOf(most)) > 0) {
      report(field, "is out of range (expected: " + least + ".." + most + " bytes)");
      return otherwise;
    }
    return bytes.longValue();
  }

  /**
   * Is a number with a unit.
   *
   * @param unit empty when it is none, which the schema has reported
   */
  private record Quantity(BigDecimal number, String unit) {
    private static final Pattern FORM = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)([A-Za-z]+)");

    static Quantity of(String text) {
      var matcher = FORM.matcher(text);
      return matcher.matches()
          ? new Quantity(new BigDecimal(matcher.group(1)), matcher.group(2))
          : new Quantity(BigDecimal.ZERO, "");
    }
  }

  Optional<HostPort> address(String field) {
    return has(field) ? hostPort(text(field, ""), path(field)) : Optional.empty();
  }

  /** Is a host name or address with a port. */
  record HostPort(String host, int port) {
    InetSocketAddress resolved() {
      return new InetSocketAddress(host, port);
    }
  }

  Optional<HostPort> hostPort(String text, String at) {
    var matcher = ADDRESS.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    var host = matcher.group(1);
    int port = Integer.parseInt(matcher.group(2));
    if (port > 65_535) {
      document.report(at, JSON.stringNode(text), "port " + port + " (expected: 0..65535)");
      return Optional.empty();
    }
    return Optional.of(
        new HostPort(host.startsWith("[") ? host.substring(1, host.length() - 1) : host, port));
  }

  /** Reports a problem with a field. */
  void report(String field, String message) {
    new Section(document, node.path(field), path(field)).report(message);
  }

  /** Reports a problem with this section. */
  void report(String message) {
    document.report(path, node.isValueNode() ? node : null, message);
  }
}
