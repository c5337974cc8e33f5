package dev.sluice.identity.internal;

import dev.sluice.plugin.Headers;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the credentials of a request in the places where clients put them: {@code Authorization:
 * Bearer} (OpenAI and most others), {@code x-api-key} (Anthropic), {@code api-key} (Azure), {@code
 * x-goog-api-key} and {@code ?key=} (Gemini).
 */
public final class Presented {
  private static final String[] FIELDS = {"x-api-key", "api-key", "x-goog-api-key"};
  private static final String AUTHORIZATION = "authorization";
  private static final String PARAMETER = "key";
  private static final int BEARER = "Bearer ".length();

  /** How many credentials a request may carry: one in each place, and one over. */
  static final int MOST = 6;

  private Presented() {}

  /**
   * Is a credential where it stood.
   *
   * @param place the lower-case name of a field, or {@code key}
   */
  record Credential(String place, String value) {
    @Override
    public String toString() {
      return "Credential[" + place + "]";
    }
  }

  /** Returns the credentials of a request, at most {@link #MOST}. */
  static List<Credential> in(Headers headers) {
    List<Credential> found = null;
    for (int i = headers.indexOf(AUTHORIZATION, 0);
        i >= 0;
        i = headers.indexOf(AUTHORIZATION, i + 1)) {
      var token = bearer(headers.value(i));
      if (token != null) {
        found = add(found, AUTHORIZATION, token);
      }
    }
    for (var field : FIELDS) {
      for (int i = headers.indexOf(field, 0); i >= 0; i = headers.indexOf(field, i + 1)) {
        found = add(found, field, headers.value(i));
      }
    }
    var path = headers.path();
    int query = path == null ? -1 : path.indexOf('?');
    for (int at = query + 1; path != null && query >= 0 && at <= path.length(); ) {
      int end = endOf(path, at);
      var value = parameter(path, at, end);
      if (value != null) {
        found = add(found, PARAMETER, value);
      }
      at = end + 1;
    }
    return found == null ? List.of() : found;
  }

  private static List<Credential> add(
      @Nullable List<Credential> found, String place, String value) {
    var list = found == null ? new ArrayList<Credential>(2) : found;
    if (!value.isEmpty() && list.size() < MOST) {
      list.add(new Credential(place, value));
    }
    return list;
  }

  /** Returns the token of a field value, or null for another scheme (RFC 6750 section 2.1). */
  private static @Nullable String bearer(String value) {
    return value.regionMatches(true, 0, "Bearer ", 0, BEARER)
        ? value.substring(BEARER).strip()
        : null;
  }

  private static int endOf(String path, int from) {
    int end = path.indexOf('&', from);
    return end < 0 ? path.length() : end;
  }

  /** Returns the value of the parameter between two places when it is the one, else null. */
  private static @Nullable String parameter(String path, int from, int to) {
    int equals = path.indexOf('=', from);
    if (equals < 0 || equals >= to) {
      return null;
    }
    int length = equals - from;
    boolean plain = length == PARAMETER.length() && path.startsWith(PARAMETER, from);
    boolean coded =
        !plain
            && length > PARAMETER.length()
            && length <= PARAMETER.length() * 3
            && path.charAt(from) != '&'
            && PARAMETER.equals(decoded(path.substring(from, equals)));
    return plain || coded ? decoded(path.substring(equals + 1, to)) : null;
  }

  private static String decoded(String text) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }

  /** Takes a credential out of the request, wherever it stands. */
  public static void remove(Headers headers, String value) {
    for (int i = headers.size() - 1; i >= 0; i--) {
      var name = headers.name(i);
      var given = headers.value(i);
      if (name.equals(AUTHORIZATION) ? value.equals(bearer(given)) : value.equals(given)) {
        if (isPlace(name)) {
          headers.removeAt(i);
        }
      }
    }
    var path = headers.path();
    int query = path == null ? -1 : path.indexOf('?');
    if (path != null && query >= 0) {
      var without = without(path, query, value);
      if (without.length() != path.length()) {
        headers.set(":path", without);
      }
    }
  }

  private static boolean isPlace(String name) {
    if (name.equals(AUTHORIZATION)) {
      return true;
    }
    for (var field : FIELDS) {
      if (name.equals(field)) {
        return true;
      }
    }
    return false;
  }

  private static String without(String path, int query, String value) {
    var kept = new StringBuilder(path.length()).append(path, 0, query);
    char separator = '?';
    for (int at = query + 1; at <= path.length(); ) {
      int end = endOf(path, at);
      if (!value.equals(parameter(path, at, end))) {
        kept.append(separator).append(path, at, end);
        separator = '&';
      }
      at = end + 1;
    }
    return kept.toString();
  }
}
