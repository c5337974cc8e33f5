package dev.sluice.control.internal;

import dev.sluice.control.GatewayConfig.ServiceSettings;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Decodes where the services of plugins come from: {@code embeddings} and {@code state}. */
final class ServicesDecoder {
  private ServicesDecoder() {}

  /**
   * @param base relative paths start here
   */
  static ServiceSettings decode(Section root, Path base) {
    var state = new StateDecoder(root.section("state"), base).check();
    return new ServiceSettings(
        embeddings(root.section("embeddings")),
        state.settings("counters"),
        state.settings("store"),
        state.settings("vectors"));
  }

  private static Map<String, String> embeddings(Section section) {
    if (!section.has("url")) {
      local(section);
      return Map.of();
    }
    var settings = new LinkedHashMap<String, String>();
    settings.put("url", url(section, List.of("http", "https")));
    settings.put("model", section.text("model", ""));
    if (!section.has("model")) {
      section.report("has no model (expected: the name of a model of the endpoint)");
    }
    if (section.has("provider")) {
      section.report("provider", "stands beside url (expected: one of the two)");
    }
    settings.put("key", section.text("apiKey", ""));
    settings.put("dimensions", String.valueOf(section.integer("dimensions", 0)));
    var timeout = section.bound("timeout", Duration.ofSeconds(10));
    settings.put("timeout", String.valueOf(timeout.toMillis()));
    return settings;
  }

  private static void local(Section section) {
    if (!section.text("provider", "local").equals("local")) {
      section.report(
          "provider", "there are no providers yet (expected: local, or url and model instead)");
    }
    for (var field : List.of("model", "apiKey", "dimensions", "timeout")) {
      if (section.has(field)) {
        section.report(field, "belongs to an endpoint (expected: url beside it)");
      }
    }
  }

  private static String url(Section section, List<String> schemes) {
    var url = section.text("url", "");
    try {
      var parsed = URI.create(url);
      if (parsed.getHost() != null && schemes.contains(String.valueOf(parsed.getScheme()))) {
        return url;
      }
    } catch (IllegalArgumentException e) {
      // Reported below, without the reason: it would repeat the url, which may hold a password.
    }
    section.report(
        "url", "is no url of an endpoint (expected: " + schemes.getFirst() + "://host…)");
    return url;
  }
}
