package dev.sluice.providers.internal;

import dev.sluice.ai.AiFormat;
import dev.sluice.ai.ModelRouter.Timeouts;
import dev.sluice.providers.ModelTarget;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Is a target of one configuration, with its state. Thread-safe. */
final class LiveTarget {
  final ModelTarget spec;
  final LiveProvider provider;
  final AiFormat format;
  final Timeouts timeouts;
  final TargetState state;

  /** Of each key of the provider. */
  final Cooling[] cooling;

  LiveTarget(ModelTarget spec, LiveProvider provider, StateShelf shelf) {
    this.spec = spec;
    this.provider = provider;
    format = provider.api.format(spec);
    timeouts = merged(spec.timeouts(), provider.spec.timeouts());
    state = provider.target(spec.model(), shelf);
    cooling = provider.cooling(spec.model(), shelf);
  }

  private static Timeouts merged(@Nullable Timeouts own, Timeouts other) {
    return own == null
        ? other
        : new Timeouts(
            first(own.connect(), other.connect()),
            first(own.firstToken(), other.firstToken()),
            first(own.betweenTokens(), other.betweenTokens()),
            first(own.total(), other.total()));
  }

  private static Duration first(Duration own, Duration other) {
    return own.isZero() ? other : own;
  }
}
