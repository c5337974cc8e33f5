package dev.sluice.control.internal;

import dev.sluice.control.GatewayConfig.Canary;
import dev.sluice.proxy.CanarySpec;
import dev.sluice.proxy.route.RouteMatch.FieldMatch;
import dev.sluice.proxy.route.RouteMatch.ValueMatch;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Decodes {@code plugins[].canary}. */
final class CanaryDecoder {
  private static final double FAILURE_PERCENT = 5;
  private static final Duration LATENCY = Duration.ofMillis(500);
  private static final int EXCHANGES = 20;
  private static final Duration WINDOW = Duration.ofMinutes(1);

  private CanaryDecoder() {}

  static @Nullable Canary decode(Section plugin) {
    if (!plugin.has("canary")) {
      return null;
    }
    var section = plugin.section("canary");
    var rollback = section.section("rollback");
    int share = (int) Math.round(section.number("percent", 0) * CanarySpec.ALL / 100);
    var header = header(section);
    if (share == 0 && header == null) {
      section.report("no exchange gets the new version (expected: percent above 0, or header)");
    }
    return new Canary(
        Math.clamp(share, 0, CanarySpec.ALL),
        header,
        rollback.number("failurePercent", FAILURE_PERCENT) / 100,
        rollback.bound("latency", LATENCY),
        rollback.integer("exchanges", EXCHANGES),
        rollback.bound("window", WINDOW),
        section.has("promoteAfter") ? section.bound("promoteAfter", Duration.ZERO) : Duration.ZERO);
  }

  /** A name alone asks for the field with any value. */
  private static @Nullable FieldMatch header(Section section) {
    if (!section.has("header")) {
      return null;
    }
    if (section.node("header").isString()) {
      return new FieldMatch(
          section.text("header", "").toLowerCase(Locale.ROOT), new ValueMatch.Present());
    }
    var header = section.section("header");
    try {
      return new FieldMatch(
          header.text("name", "").toLowerCase(Locale.ROOT), RouteDecoder.value(header));
    } catch (IllegalArgumentException e) {
      header.report("regex", RouteDecoder.expectation(e));
      return null;
    }
  }
}
