package dev.sluice.control.internal;

import java.math.BigDecimal;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Reads one mapping of a document. Values of the wrong shape read as their default, since the
 * schema has reported them already; what the schema cannot tell is reported here.
 */
final class Section {
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

  Duration duration(String field, Duration otherwise) {
    if (!has(field)) {
      return otherwise;
    }
    var text = text(field, "");
    var unit = text.replaceFirst("^[0-9.]+", "");
    var number = text.substring(0, text.length() - unit.length());
    long nanos =
        switch (unit) {
          case "ms" -> 1_000_000L;
          case "s" -> 1_000_000_000L;
          case "m" -> 60_000_000_000L;
          case "h" -> 3_600_000_000_000L;
          default -> 0;
        };
    try {
      return Duration.ofNanos(
          new BigDecimal(number).multiply(BigDecimal.valueOf(nanos)).longValueExact());
    } catch (ArithmeticException e) {
      report(field, "is out of range (expected: up to 292 years, whole nanoseconds)");
      return otherwise;
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }

  long size(String field, long otherwise, long most) {
    if (!has(field)) {
      return otherwise;
    }
    var text = text(field, "");
    var unit = text.replaceFirst("^[0-9]+", "");
    var number = text.substring(0, text.length() - unit.length());
    int shift =
        switch (unit) {
          case "KiB" -> 10;
          case "MiB" -> 20;
          case "GiB" -> 30;
          default -> 0;
        };
    try {
      long bytes = Math.multiplyExact(Long.parseLong(number), 1L << shift);
      if (bytes > most) {
        report(field, "is out of range (expected: at most " + most + " bytes)");
        return otherwise;
      }
      return bytes;
    } catch (ArithmeticException e) {
      report(field, "is out of range (expected: at most " + most + " bytes)");
      return otherwise;
    } catch (NumberFormatException e) {
      return otherwise;
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
    int colon = text.lastIndexOf(':');
    if (colon < 1 || colon + 1 == text.length() || text.length() - colon > 6) {
      return Optional.empty();
    }
    var host = text.substring(0, colon);
    if (!text.substring(colon + 1).chars().allMatch(Character::isDigit)) {
      return Optional.empty();
    }
    int port = Integer.parseInt(text.substring(colon + 1));
    if (port > 65_535) {
      document.report(at, text, "port " + port + " (expected: 0..65535)");
      return Optional.empty();
    }
    return Optional.of(
        new HostPort(host.startsWith("[") ? host.substring(1, host.length() - 1) : host, port));
  }

  /** Reports a problem with a field. */
  void report(String field, String message) {
    var value = node.path(field);
    document.report(path(field), value.isValueNode() ? value.asString() : null, message);
  }

  /** Reports a problem with this section. */
  void report(String message) {
    document.report(path, node.isValueNode() ? node.asString() : null, message);
  }
}
