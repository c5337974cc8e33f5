package dev.sluice.providers.internal;

import dev.sluice.plugin.Headers;
import dev.sluice.providers.ProviderSpec;
import dev.sluice.providers.Secret;
import java.util.stream.Stream;

/** Puts a provider's keys and configured fields into headers. Thread-safe. */
final class Credentials {
  private static final String[] NONE = {};

  private final String field;
  private final String[] values;
  private final String[] fixed;

  /**
   * @param field the format's own field for keys, in lower case
   */
  Credentials(ProviderSpec spec, String field) {
    boolean bearer = spec.bearer() || field.equals("authorization");
    this.field = bearer ? "authorization" : field;
    values =
        spec.keys().stream()
            .map(key -> key.secret() instanceof Secret.ApiKey(String value) ? value : "")
            .map(value -> bearer ? "Bearer " + value : value)
            .toArray(String[]::new);
    fixed =
        spec.headers().isEmpty()
            ? NONE
            : spec.headers().entrySet().stream()
                .flatMap(e -> Stream.of(e.getKey(), e.getValue()))
                .toArray(String[]::new);
  }

  void addTo(Headers headers, int key) {
    if (key >= 0) {
      headers.set(field, values[key]);
    }
    addFixed(headers);
  }

  void addFixed(Headers headers) {
    for (int i = 0; i < fixed.length; i += 2) {
      headers.set(fixed[i], fixed[i + 1]);
    }
  }
}
