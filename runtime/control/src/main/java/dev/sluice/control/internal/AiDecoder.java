package dev.sluice.control.internal;

import dev.sluice.ai.AiLimits;
import dev.sluice.ai.AiMemory;
import dev.sluice.ai.AiRoute;
import dev.sluice.ai.Concern;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decodes {@code routes[].ai}. */
final class AiDecoder {
  private static final long SMALLEST = 1 << 10;
  private static final long LARGEST = 1 << 30;

  private AiDecoder() {}

  /** Returns what a route says of LLM protocols, without a router; null when it says nothing. */
  static @Nullable AiRoute decode(Section route) {
    if (!route.has("ai")) {
      return null;
    }
    var ai = route.section("ai");
    Set<Concern.Kind> allowed = new HashSet<>();
    for (var item : ai.texts("allow")) {
      for (var kind : Concern.Kind.values()) {
        if (kind.name().toLowerCase(Locale.ROOT).equals(item)) {
          allowed.add(kind);
        }
      }
    }
    var otherwise = AiLimits.DEFAULT;
    return new AiRoute(
        allowed,
        null,
        new AiLimits(
            (int) ai.size("bodyLimit", otherwise.bytes(), SMALLEST, LARGEST),
            otherwise.values(),
            otherwise.depth(),
            otherwise.tools()),
        AiMemory.unbounded());
  }
}
