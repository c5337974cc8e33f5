package dev.sluice.polyglot.internal;

import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the arguments of a host call; what is not as expected is refused by name. */
record Arguments(String operation, List<@Nullable Object> values) {
  private static final Duration LONGEST = Duration.ofDays(366);

  @Nullable Object optional(int index) {
    return index < values.size() ? values.get(index) : null;
  }

  String text(int index, String name) {
    if (optional(index) instanceof String text) {
      return text;
    }
    throw refused(index, name, "a string");
  }

  /** Reads a whole number; one that was given as text, because of its size, is text. */
  long integer(int index, String name) {
    try {
      if (optional(index) instanceof Long whole) {
        return whole;
      }
      if (optional(index) instanceof String digits) {
        return Long.parseLong(digits);
      }
    } catch (NumberFormatException e) {
      // refused below
    }
    throw refused(index, name, "a whole number");
  }

  double number(int index, String name) {
    if (optional(index) instanceof Number number) {
      return number.doubleValue();
    }
    throw refused(index, name, "a number");
  }

  byte[] bytes(int index, String name) {
    return switch (optional(index)) {
      case byte[] bytes -> bytes;
      case String text -> text.getBytes(StandardCharsets.UTF_8);
      case null, default -> throw refused(index, name, "a string or bytes");
    };
  }

  /** Returns a time in milliseconds, or null. */
  @Nullable Duration optionalMillis(int index, String name) {
    return optional(index) == null ? null : millis(index, name);
  }

  Duration millis(int index, String name) {
    double millis = number(index, name);
    if (!(millis > 0 && millis <= LONGEST.toMillis())) {
      throw refused(index, name, "milliseconds, more than 0 and at most a year");
    }
    return Duration.ofNanos((long) (millis * 1e6));
  }

  List<?> list(int index, String name) {
    if (optional(index) instanceof List<?> list) {
      return list;
    }
    throw refused(index, name, "a list");
  }

  List<String> texts(int index, String name) {
    var texts = new ArrayList<String>();
    for (var each : list(index, name)) {
      if (!(each instanceof String text)) {
        throw refused(index, name, "a list of strings");
      }
      texts.add(text);
    }
    return texts;
  }

  /** Reads keys and values in turn. */
  Map<String, String> map(int index, String name) {
    var texts = texts(index, name);
    var map = new HashMap<String, String>();
    for (int i = 0; i + 1 < texts.size(); i += 2) {
      map.put(texts.get(i), texts.get(i + 1));
    }
    return map;
  }

  float[] vector(int index, String name) {
    var list = list(index, name);
    var vector = new float[list.size()];
    for (int i = 0; i < vector.length; i++) {
      if (!(list.get(i) instanceof Number number)) {
        throw refused(index, name, "a list of numbers");
      }
      vector[i] = number.floatValue();
    }
    return vector;
  }

  /** Says that an argument is not as expected. */
  ServiceException refused(int index, String name, String expected) {
    return new ServiceException(
        Reason.BAD_ARGUMENT,
        operation + ": " + name + ": " + shown(optional(index)) + " (expected: " + expected + ")");
  }

  private static String shown(@Nullable Object value) {
    var text = String.valueOf(value);
    return text.length() > 80 ? text.substring(0, 80) + "…" : text;
  }
}
