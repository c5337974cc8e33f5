package dev.sluice.control.internal;

import dev.sluice.usage.OtlpSettings;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Decodes where traces and metrics are sent: {@code telemetry}. */
final class TelemetryDecoder {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration INTERVAL = Duration.ofSeconds(60);

  private TelemetryDecoder() {}

  static Optional<OtlpSettings> decode(Section root) {
    var otlp = root.section("telemetry").section("otlp");
    if (!otlp.value().isObject()) {
      return Optional.empty();
    }
    var endpoint = endpoint(otlp);
    if (endpoint.isEmpty()) {
      return Optional.empty();
    }
    var resource = new LinkedHashMap<String, String>();
    resource.put("service.name", "sluice");
    resource.putAll(texts(otlp.section("resource")));
    double sampling = otlp.number("sampling", 1);
    return Optional.of(
        new OtlpSettings(
            endpoint.get(),
            texts(otlp.section("headers")),
            otlp.bound("timeout", TIMEOUT),
            !otlp.has("traces") || otlp.flag("traces"),
            Math.clamp(sampling, 0, 1),
            !otlp.has("metrics") || otlp.flag("metrics"),
            otlp.bound("interval", INTERVAL),
            resource));
  }

  private static Map<String, String> texts(Section section) {
    Map<String, String> texts = new LinkedHashMap<>();
    for (var name : section.value().propertyNames()) {
      texts.put(name, section.text(name, ""));
    }
    return texts;
  }

  private static Optional<URI> endpoint(Section otlp) {
    try {
      var uri = URI.create(otlp.text("endpoint", ""));
      var scheme = String.valueOf(uri.getScheme());
      boolean http = scheme.equals("http") || scheme.equals("https");
      if (http && uri.getHost() != null && uri.getRawUserInfo() == null) {
        return Optional.of(uri);
      }
    } catch (IllegalArgumentException e) {
      // Reported below.
    }
    otlp.report(
        "endpoint", "is no url without a login (expected: http://host:4318 or https://host…)");
    return Optional.empty();
  }
}
