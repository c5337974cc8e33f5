package dev.sluice.proxy.route;

import com.google.re2j.Pattern;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.route.RouteMatch.ValueMatch;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Checks one header field or query parameter. Thread-safe. */
public final class Condition {
  private final String name;
  private final ValueMatch match;
  private final @Nullable Pattern pattern;

  /** Compiles a condition. */
  public Condition(RouteMatch.FieldMatch field) {
    name = field.name();
    match = field.value();
    pattern = match instanceof ValueMatch.Regex regex ? Pattern.compile(regex.expression()) : null;
  }

  /** Returns whether the header fields of a request fulfil it. */
  public boolean holdsForHeader(Headers request) {
    int index = request.indexOf(name, 0);
    if (match instanceof ValueMatch.Absent) {
      return index < 0;
    }
    for (; index >= 0; index = request.indexOf(name, index + 1)) {
      if (accepts(request.value(index))) {
        return true;
      }
    }
    return false;
  }

  boolean holdsForQuery(String path, int pathEnd) {
    boolean absent = match instanceof ValueMatch.Absent;
    int from = pathEnd + 1;
    while (from < path.length()) {
      int end = path.indexOf('&', from);
      end = end < 0 ? path.length() : end;
      int equals = path.indexOf('=', from);
      int nameEnd = equals < 0 || equals > end ? end : equals;
      if (isName(path, from, nameEnd)) {
        if (absent) {
          return false;
        }
        if (accepts(decoded(path, Math.min(nameEnd + 1, end), end))) {
          return true;
        }
      }
      from = end + 1;
    }
    return absent;
  }

  private boolean isName(String path, int from, int to) {
    return (to - from == name.length() && path.startsWith(name, from))
        || (isEncoded(path, from, to) && name.equals(decoded(path, from, to)));
  }

  private static boolean isEncoded(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if (c == '%' || c == '+') {
        return true;
      }
    }
    return false;
  }

  private static String decoded(String text, int from, int to) {
    var raw = text.substring(from, to);
    if (!isEncoded(text, from, to)) {
      return raw;
    }
    try {
      return URLDecoder.decode(raw, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return raw; // not percent-encoding after all: it stands for itself
    }
  }

  private boolean accepts(String value) {
    return switch (match) {
      case ValueMatch.Present p -> true;
      case ValueMatch.Absent a -> false;
      case ValueMatch.Exact exact -> value.equals(exact.text());
      case ValueMatch.Prefix prefix -> value.startsWith(prefix.text());
      case ValueMatch.Suffix suffix -> value.endsWith(suffix.text());
      case ValueMatch.Regex r -> pattern != null && pattern.matches(value);
    };
  }
}
