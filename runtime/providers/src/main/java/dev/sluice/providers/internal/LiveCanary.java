package dev.sluice.providers.internal;

import dev.sluice.ai.ModelRouter.Facts;
import dev.sluice.providers.ModelCanary;
import dev.sluice.providers.ModelCanary.Sticky;
import org.jspecify.annotations.Nullable;

/** Is a trial of other targets, with its state. Thread-safe. */
final class LiveCanary {
  final String model;
  final ModelCanary spec;

  /** Its targets, then what serves the model otherwise. */
  final LiveTarget[][] tiers;

  final CanaryState state;

  LiveCanary(String model, ModelCanary spec, LiveTarget[][] tiers, CanaryState state) {
    this.model = model;
    this.spec = spec;
    this.tiers = tiers;
    this.state = state;
  }

  /** Returns whether a caller takes part, on whichever side. */
  boolean concerns(Facts facts) {
    var when = spec.when();
    if (when.header() != null) {
      var value = facts.headers().get(when.header());
      if (value == null || (!when.in().isEmpty() && !when.in().contains(value))) {
        return false;
      }
    }
    if (when.consumers().isEmpty() && when.groups().isEmpty()) {
      return true;
    }
    var identity = facts.identity();
    return identity != null
        && (when.consumers().isEmpty() || when.consumers().contains(identity.name()))
        && (when.groups().isEmpty()
            || identity.groups().stream().anyMatch(when.groups()::contains));
  }

  /** Returns whether one whom it concerns is on its side. */
  boolean takes(Facts facts) {
    if (spec.share() == ModelCanary.ALL) {
      return true;
    }
    var known = knownBy(facts);
    int at = known == null ? facts.random() % ModelCanary.ALL : bucket(known);
    return at < spec.share();
  }

  private @Nullable String knownBy(Facts facts) {
    return switch (spec.sticky().by()) {
      case CONSUMER -> {
        var identity = facts.identity();
        yield identity == null ? null : identity.name();
      }
      case HEADER -> facts.headers().get(spec.sticky().header());
      case NONE -> null;
    };
  }

  /**
   * The name is part of it, so that not the same callers are on every trial; the share is not, so
   * that those who are stay when it grows.
   */
  private int bucket(String known) {
    long hash = 0xcbf29ce484222325L;
    hash = mix(hash, model);
    hash = mix(hash, spec.name());
    hash = mix(hash, known);
    hash ^= hash >>> 33;
    hash *= 0xff51afd7ed558ccdL;
    hash ^= hash >>> 33;
    return (int) Long.remainderUnsigned(hash, ModelCanary.ALL);
  }

  private static long mix(long hash, String text) {
    long mixed = hash;
    for (int i = 0; i < text.length(); i++) {
      mixed = (mixed ^ text.charAt(i)) * 0x100000001b3L;
    }
    return (mixed ^ 0xffff) * 0x100000001b3L;
  }

  /** Is part of what the state is kept by. */
  record Id(String model, String name, ModelCanary.When when, Sticky sticky, Object targets) {}

  static Id id(String model, ModelCanary spec) {
    return new Id(model, spec.name(), spec.when(), spec.sticky(), spec.targets());
  }
}
