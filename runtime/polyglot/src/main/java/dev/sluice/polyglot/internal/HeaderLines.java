package dev.sluice.polyglot.internal;

import dev.sluice.plugin.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Carries header fields between the gateway and a script as one string: names and values in turn,
 * each ended by a line feed, which neither can hold. One string crosses far faster than many.
 */
final class HeaderLines {
  private HeaderLines() {}

  /** Writes fields, or null for none. */
  static @Nullable String write(@Nullable Headers headers) {
    if (headers == null) {
      return null;
    }
    var text = new StringBuilder(headers.octets() + headers.size() * 2);
    for (int i = 0; i < headers.size(); i++) {
      text.append(headers.name(i)).append('\n').append(headers.value(i)).append('\n');
    }
    return text.toString();
  }

  /**
   * Reads fields.
   *
   * @throws IllegalArgumentException when one is not valid
   */
  static Headers read(String lines) {
    var headers = new Headers();
    int at = 0;
    while (at < lines.length()) {
      int name = lines.indexOf('\n', at);
      int value = name < 0 ? -1 : lines.indexOf('\n', name + 1);
      if (value < 0) {
        throw new IllegalArgumentException("header fields end in the middle");
      }
      headers.add(lines.substring(at, name), lines.substring(name + 1, value));
      at = value + 1;
    }
    return headers;
  }
}
