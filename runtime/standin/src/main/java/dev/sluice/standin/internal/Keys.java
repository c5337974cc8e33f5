package dev.sluice.standin.internal;

import dev.sluice.plugin.Headers;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the API key of a request where its format puts it. */
final class Keys {
  private static final Pattern QUERY = Pattern.compile("[?&]key=([^&]*)");

  private Keys() {}

  static String of(Headers headers) {
    String bearer = headers.get("authorization", "");
    if (bearer.regionMatches(true, 0, "Bearer ", 0, 7)) {
      return bearer.substring(7);
    }
    if (AwsSignature.isOn(headers)) {
      return AwsSignature.keyOf(headers);
    }
    for (String name : new String[] {"x-api-key", "api-key", "x-goog-api-key"}) {
      String key = headers.get(name);
      if (key != null) {
        return key;
      }
    }
    Matcher query = QUERY.matcher(headers.get(":path", ""));
    return query.find() ? query.group(1) : "";
  }
}
