package dev.sluice.registry.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Is one of the ways to authenticate that {@code WWW-Authenticate} offers (RFC 9110, section 11.3).
 *
 * @param scheme in lower case
 * @param parameters names are compared without case
 */
record Challenge(String scheme, Map<String, String> parameters) {
  String parameter(String name) {
    return parameters.getOrDefault(name, "");
  }

  /** Reads the challenges of a field's values; what is malformed ends the reading of that value. */
  static List<Challenge> parse(List<String> values) {
    List<Challenge> found = new ArrayList<>();
    values.forEach(value -> new Reader(value, found).read());
    return found;
  }

  /** Walks through one value. */
  private static final class Reader {
    private final String text;
    private final List<Challenge> found;
    private int at;

    Reader(String text, List<Challenge> found) {
      this.text = text;
      this.found = found;
    }

    void read() {
      Map<String, String> parameters = Map.of();
      while (true) {
        skip(" \t,");
        var token = token();
        if (token.isEmpty()) {
          return;
        }
        int before = at;
        skip(" \t");
        if (peek() == '=') {
          at++;
          skip(" \t");
          var value = peek() == '"' ? quoted() : token();
          if (!found.isEmpty()) {
            parameters.putIfAbsent(token, value);
          }
        } else {
          at = before;
          parameters = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
          found.add(new Challenge(token.toLowerCase(Locale.ROOT), parameters));
        }
      }
    }

    private char peek() {
      return at < text.length() ? text.charAt(at) : '\0';
    }

    private void skip(String these) {
      while (at < text.length() && these.indexOf(text.charAt(at)) >= 0) {
        at++;
      }
    }

    private String token() {
      int from = at;
      while (at < text.length() && " \t,=\"".indexOf(text.charAt(at)) < 0) {
        at++;
      }
      return text.substring(from, at);
    }

    private String quoted() {
      var value = new StringBuilder();
      at++;
      while (at < text.length() && text.charAt(at) != '"') {
        if (text.charAt(at) == '\\' && at + 1 < text.length()) {
          at++;
        }
        value.append(text.charAt(at++));
      }
      at++;
      return value.toString();
    }
  }
}
