package dev.sluice.control.internal;

import dev.sluice.ai.ModelRouter.Timeouts;
import dev.sluice.http.ClientTls;
import dev.sluice.providers.HealthPolicy;
import dev.sluice.providers.KeyPolicy;
import dev.sluice.providers.Preset;
import dev.sluice.providers.ProviderFormat;
import dev.sluice.providers.ProviderKey;
import dev.sluice.providers.ProviderSpec;
import dev.sluice.providers.ProviderSpec.Link;
import dev.sluice.providers.Secret;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Decodes {@code providers}. */
final class ProvidersDecoder {
  private static final Timeouts TIMEOUTS =
      new Timeouts(
          Duration.ofSeconds(5), Duration.ofMinutes(5), Duration.ofMinutes(2), Duration.ZERO);
  private static final URI NOWHERE = URI.create("http://localhost");

  private final Function<Section, ClientTls> tls;

  /**
   * @param tls decodes a section {@code tls}
   */
  ProvidersDecoder(Function<Section, ClientTls> tls) {
    this.tls = tls;
  }

  List<ProviderSpec> decode(Section root) {
    return root.mappings("providers").stream().flatMap(s -> provider(s).stream()).toList();
  }

  private Optional<ProviderSpec> provider(Section section) {
    var preset = preset(section);
    var format = format(section, preset);
    if (format == null) {
      return Optional.empty();
    }
    var spec =
        new ProviderSpec(
            section.text("name", ""),
            format,
            NOWHERE,
            section.text("auth", "key").equals("bearer"),
            keys(section, format),
            headers(section),
            section.text("apiVersion", ""),
            section.text("region", ""),
            section.has("streamUsage")
                ? section.flag("streamUsage")
                : preset == null || preset.streamUsage(),
            link(section),
            timeouts(section.section("timeouts"), TIMEOUTS),
            keyPolicy(section.section("keyPolicy")),
            health(section.section("outlierDetection")));
    misplaced(section, format);
    return baseUrl(section, format, preset).flatMap(url -> at(section, spec, url));
  }

  private static @Nullable Preset preset(Section section) {
    var name = section.text("preset", "");
    var preset = Preset.of(name);
    if (preset.isEmpty() && !name.isEmpty()) {
      var names = Preset.names();
      section.report(
          "preset",
          "there is no such preset"
              + Spelling.meant(name, names)
                  .map(other -> "; did you mean \"" + other + "\"?")
                  .orElse(" (expected: one of " + String.join(", ", names) + ")"));
    }
    return preset.orElse(null);
  }

  private static @Nullable ProviderFormat format(Section section, @Nullable Preset preset) {
    if (section.has("format")) {
      return section.choice(
          "format",
          ProviderFormat.OPENAI,
          text -> ProviderFormat.valueOf(text.toUpperCase(Locale.ROOT)));
    }
    if (preset == null && !section.has("preset")) {
      section.report("has no format (expected: format, or preset)");
    }
    return preset == null ? null : preset.format();
  }

  private static Optional<URI> baseUrl(
      Section section, ProviderFormat format, @Nullable Preset preset) {
    var text = section.text("baseUrl", preset == null ? "" : preset.baseUrl());
    var region = section.text("region", "");
    if (text.isEmpty() && format == ProviderFormat.BEDROCK && !region.isEmpty()) {
      text = "https://bedrock-runtime." + region + ".amazonaws.com";
    }
    if (text.isEmpty()) {
      text = Preset.of(format.name().toLowerCase(Locale.ROOT)).map(Preset::baseUrl).orElse("");
    }
    if (text.isEmpty()) {
      section.report(
          format == ProviderFormat.BEDROCK
              ? "has no region (expected: region, such as eu-central-1, or baseUrl)"
              : "has no baseUrl (expected: such as https://NAME.openai.azure.com)");
      return Optional.empty();
    }
    try {
      return Optional.of(URI.create(text));
    } catch (IllegalArgumentException e) {
      section.report("baseUrl", "is no URL (expected: such as https://api.openai.com/v1)");
      return Optional.empty();
    }
  }

  private static Optional<ProviderSpec> at(Section section, ProviderSpec spec, URI url) {
    try {
      return Optional.of(spec.at(url));
    } catch (IllegalArgumentException e) {
      section.report("baseUrl", RouteDecoder.expectation(e));
      return Optional.empty();
    }
  }

  private static void misplaced(Section section, ProviderFormat format) {
    if (section.has("region") && format != ProviderFormat.BEDROCK) {
      section.report("region", "belongs to format bedrock");
    }
    boolean versioned = format == ProviderFormat.AZURE || format == ProviderFormat.ANTHROPIC;
    if (section.has("apiVersion") && !versioned) {
      section.report("apiVersion", "belongs to formats azure and anthropic");
    }
    if (format == ProviderFormat.BEDROCK
        && !section.has("region")
        && section.mappings("keys").stream().anyMatch(key -> key.has("accessKeyId"))) {
      section.report("has no region, which AWS keys sign (expected: region)");
    }
  }

  private static List<ProviderKey> keys(Section section, ProviderFormat format) {
    var keys = new ArrayList<ProviderKey>();
    Map<String, String> seen = new HashMap<>();
    for (var key : section.mappings("keys")) {
      var name = key.text("name", String.valueOf(keys.size() + 1));
      var other = seen.putIfAbsent(name, key.path());
      if (other != null) {
        key.report("name", "is the name of " + other + " too (expected: each once)");
      }
      var secret = secret(key, format);
      if (secret != null) {
        int weight = key.integer("weight", 1);
        keys.add(
            new ProviderKey(
                name,
                secret,
                Math.clamp(weight, 1, 1000),
                Math.max(0, key.integer("concurrency", 0))));
      }
    }
    return keys.size() > ProviderSpec.MAX_KEYS ? List.of() : keys;
  }

  private static @Nullable Secret secret(Section key, ProviderFormat format) {
    boolean aws = key.has("accessKeyId") || key.has("secretAccessKey") || key.has("sessionToken");
    if (aws == key.has("value")) {
      key.report(
          format == ProviderFormat.BEDROCK
              ? "has no or two kinds of secret (expected: value, or accessKeyId and"
                  + " secretAccessKey)"
              : "has no value (expected: value)");
      return null;
    }
    if (aws && format != ProviderFormat.BEDROCK) {
      key.report("has AWS keys (expected: value, for this format)");
      return null;
    }
    if (aws && !(key.has("accessKeyId") && key.has("secretAccessKey"))) {
      key.report("has half of a pair (expected: accessKeyId and secretAccessKey)");
      return null;
    }
    try {
      var token = key.text("sessionToken", "");
      return aws
          ? new Secret.AwsKeys(
              key.text("accessKeyId", ""),
              key.text("secretAccessKey", ""),
              token.isEmpty() ? null : token)
          : new Secret.ApiKey(key.text("value", ""));
    } catch (IllegalArgumentException e) {
      key.report(aws ? "secretAccessKey" : "value", RouteDecoder.expectation(e));
      return null;
    }
  }

  private static Map<String, String> headers(Section section) {
    Map<String, String> headers = new HashMap<>();
    var fields = section.section("headers");
    for (var name : section.node("headers").propertyNames()) {
      var value = fields.text(name, "");
      boolean token = name.matches("[A-Za-z0-9!#$%&'*+.^_`|~-]+");
      if (!token || !value.chars().allMatch(c -> c == '\t' || (c >= ' ' && c < 127))) {
        fields.report(name, "is no header field (expected: a token, and visible ASCII)");
      } else {
        headers.put(name.toLowerCase(Locale.ROOT), value);
      }
    }
    return headers;
  }

  private Link link(Section section) {
    var otherwise = Link.DEFAULT;
    return new Link(
        section.has("tls") ? tls.apply(section.section("tls")) : null,
        ConfigDecoder.protocol(section),
        section.integer("maxRequests", otherwise.maxRequests()),
        section.duration("idleTimeout", otherwise.idleTimeout()),
        section.duration("dnsRefresh", otherwise.dnsRefresh()));
  }

  static Timeouts timeouts(Section section, Timeouts otherwise) {
    return new Timeouts(
        section.duration("connect", otherwise.connect()),
        section.duration("firstToken", otherwise.firstToken()),
        section.duration("betweenTokens", otherwise.betweenTokens()),
        section.duration("total", otherwise.total()));
  }

  private static KeyPolicy keyPolicy(Section section) {
    var otherwise = KeyPolicy.DEFAULT;
    return new KeyPolicy(
        section.duration("cooldown", otherwise.cooldown()),
        section.duration("maxCooldown", otherwise.maxCooldown()),
        section.bound("rejected", otherwise.rejected()),
        section.bound("maxRejected", otherwise.maxRejected()));
  }

  private static HealthPolicy health(Section section) {
    var otherwise = HealthPolicy.DEFAULT;
    return new HealthPolicy(
        section.integer("consecutiveErrors", otherwise.consecutiveErrors()),
        section.bound("ejectionTime", otherwise.ejectionTime()),
        section.bound("maxEjectionTime", otherwise.maxEjectionTime()));
  }
}
