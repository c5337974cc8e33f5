package dev.sluice.providers.internal;

import dev.sluice.ai.AiCall;
import dev.sluice.ai.AiError;
import dev.sluice.ai.ModelRouter.AttemptEnd;
import dev.sluice.ai.ModelRouter.Choice;
import dev.sluice.ai.ModelRouter.Facts;
import dev.sluice.ai.ModelRouter.Failed;
import dev.sluice.ai.ModelRouter.Failure;
import dev.sluice.ai.ModelRouter.Target;
import dev.sluice.providers.ModelSpec.Strategy;
import dev.sluice.providers.internal.Breaker.Standing;
import dev.sluice.providers.internal.ModelNames.Found;
import dev.sluice.providers.internal.ProviderApi.Asked;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Is the choice for one call: a target of the first tier by the model's strategy and a key of its
 * provider, then other keys, other targets, the next tiers. Loop-bound. Guarded by the benchmark
 * {@code ProviderBench}.
 */
final class RoutedChoice implements Choice {
  private final AiCall call;
  private final Facts facts;
  private final Found<LiveModel> found;
  private final Outcomes outcomes;
  private final Selection selection;
  private final long outputTokens;
  private final @Nullable LiveCanary canary;
  private final boolean onCanary;
  private final LiveTarget[][] tiers;
  private final Shortage shortage = new Shortage();

  private int tier;

  /** Targets of the tier, a bit for each. */
  private long tried;

  private @Nullable LiveTarget current;

  /** Keys of the current target, a bit for each. */
  private long triedKeys;

  private int attempts;

  /** About how many the prompt has; -1 while nobody has asked. */
  private long promptTokens = -1;

  /** Is which targets serve a call. */
  record Side(LiveTarget[][] tiers, @Nullable LiveCanary canary, boolean onCanary) {}

  RoutedChoice(AiCall call, Facts facts, Found<LiveModel> found, Outcomes outcomes, Side side) {
    this.call = call;
    this.facts = facts;
    this.found = found;
    this.outcomes = outcomes;
    canary = side.canary;
    onCanary = side.onCanary;
    tiers = side.tiers;
    var strategy = found.value().spec().strategy();
    outputTokens = call.maxOutputTokens().orElse(0);
    selection =
        new Selection(strategy, strategy == Strategy.LEAST_COST ? prompt() : 0, outputTokens);
  }

  /** Estimating reads the whole prompt, so it is done once, and where it matters. */
  private long prompt() {
    if (promptTokens < 0) {
      promptTokens = call.estimatedPromptTokens();
    }
    return promptTokens;
  }

  @Override
  public @Nullable Target next(@Nullable Failed before) {
    if (before != null) {
      outcomes.learn(before);
      if (!helps(before)) {
        return null;
      }
    }
    if (attempts >= found.value().spec().maxAttempts()) {
      return null;
    }
    long now = outcomes.now();
    var again = current;
    if (before != null && again != null && again.provider.keys.length > 0 && isOfKey(before)) {
      var target = begin(again, now, false);
      if (target != null) {
        return target;
      }
    }
    for (; tier < tiers.length; tier++, tried = 0) {
      var target = nextOf(tiers[tier], now, false);
      if (target != null) {
        return target;
      }
    }
    return attempts == 0 ? anyway(now) : null;
  }

  /** Where all are out because they failed, failing again costs less than not trying. */
  private @Nullable Target anyway(long now) {
    for (var targets : tiers) {
      tried = 0;
      var target = nextOf(targets, now, true);
      if (target != null) {
        return target;
      }
    }
    return null;
  }

  private @Nullable Target nextOf(LiveTarget[] targets, long now, boolean anyway) {
    long able = 0;
    for (int i = 0; i < targets.length; i++) {
      if ((tried & (1L << i)) == 0 && isAble(targets[i], now, anyway)) {
        able |= 1L << i;
      }
    }
    while (able != 0) {
      int i = selection.select(targets, able, now, facts.random());
      tried |= 1L << i;
      able &= ~(1L << i);
      current = targets[i];
      triedKeys = 0;
      var target = begin(targets[i], now, anyway);
      if (target != null) {
        return target;
      }
    }
    return null;
  }

  private boolean isAble(LiveTarget target, long now, boolean anyway) {
    long room = target.spec.contextLength();
    if (room > 0 && tokens() > room) {
      shortage.tooLong(room);
      return false;
    }
    if (!target.provider.api.supports(target.spec, call.endpoint().protocol())) {
      shortage.unsupported();
      return false;
    }
    if (!anyway && !target.state.breaker.mayUse(now)) {
      shortage.ejected(target.state.breaker.nanosLeft(now));
      return false;
    }
    return true;
  }

  private long tokens() {
    return prompt() + outputTokens;
  }

  private @Nullable Target begin(LiveTarget target, long now, boolean anyway) {
    var provider = target.provider;
    int key = -1;
    Standing keyStanding = null;
    if (provider.keys.length > 0) {
      long usable = usableKeys(target, now);
      while (usable != 0 && keyStanding == null) {
        key = selectKey(target, usable);
        usable &= ~(1L << key);
        triedKeys |= 1L << key;
        keyStanding = beginKey(provider, key, now);
      }
      if (keyStanding == null) {
        return null;
      }
    }
    var breaker = target.state.breaker;
    var standing =
        anyway
            ? breaker.beginAnyway(now, provider.healthPolicy)
            : breaker.begin(now, provider.healthPolicy);
    if (standing == null) {
      if (key >= 0) {
        provider.states[key].release();
      }
      return null;
    }
    attempts++;
    target.state.active.incrementAndGet();
    target.state.attempts.increment();
    boolean sameFormat = call.endpoint().protocol().format() == target.format;
    var model = found.fill(target.spec.model());
    return new RoutedTarget(
        target,
        new Asked(target.spec, model, sameFormat, facts.headers(), key),
        standing,
        keyStanding);
  }

  private long usableKeys(LiveTarget target, long now) {
    var provider = target.provider;
    long usable = 0;
    for (int i = 0; i < provider.keys.length; i++) {
      if ((triedKeys & (1L << i)) != 0) {
        continue;
      }
      var state = provider.states[i];
      long cooling = target.cooling[i].nanosLeft(now);
      if (!state.breaker.mayUse(now)) {
        shortage.rejected(state.breaker.nanosLeft(now));
      } else if (cooling > 0) {
        shortage.cooling(cooling);
      } else if (state.isBusy(provider.keys[i].concurrency())) {
        shortage.busy();
      } else {
        usable |= 1L << i;
      }
    }
    return usable;
  }

  private int selectKey(LiveTarget target, long usable) {
    if ((usable & (usable - 1)) == 0) {
      return Long.numberOfTrailingZeros(usable);
    }
    var keys = target.provider.keys;
    int total = 0;
    for (long left = usable; left != 0; left &= left - 1) {
      total += keys[Long.numberOfTrailingZeros(left)].weight();
    }
    int at = facts.random() % total;
    for (long left = usable; left != 0; left &= left - 1) {
      int i = Long.numberOfTrailingZeros(left);
      at -= keys[i].weight();
      if (at < 0) {
        return i;
      }
    }
    throw new IllegalStateException("at: " + at + " of " + total);
  }

  private @Nullable Standing beginKey(LiveProvider provider, int key, long now) {
    var state = provider.states[key];
    if (!state.acquire(provider.keys[key].concurrency())) {
      shortage.busy();
      return null;
    }
    var standing = state.breaker.begin(now, provider.keyPolicy);
    if (standing == null) {
      state.release();
      shortage.rejected(state.breaker.nanosLeft(now));
      return null;
    }
    state.calls.increment();
    return standing;
  }

  /** Returns whether another key of the same provider may do better. */
  private static boolean isOfKey(Failed failed) {
    return failed.failure() == Failure.STATUS
        && switch (failed.status()) {
          case 401, 402, 403, 429 -> true;
          default -> false;
        };
  }

  /** Returns whether another target may do better: not where the call itself is wrong. */
  private static boolean helps(Failed failed) {
    if (failed.failure() != Failure.STATUS) {
      return true;
    }
    return switch (failed.status()) {
      case 401, 402, 403, 404, 408, 425, 429 -> true;
      case 400, 413 -> failed.error().code().equals("context_length_exceeded");
      default -> failed.status() >= 500;
    };
  }

  @Override
  public void ended(Target target, AttemptEnd end) {
    var ended = (RoutedTarget) target;
    outcomes.ended(ended, end);
    var trial = canary;
    if (trial != null) {
      boolean there = onCanary && contains(tiers[0], ended.target);
      if (onCanary == there) {
        outcomes.ended(trial, there, end);
      }
    }
  }

  private static boolean contains(LiveTarget[] targets, LiveTarget target) {
    for (var one : targets) {
      if (one == target) {
        return true;
      }
    }
    return false;
  }

  @Override
  public @Nullable AiError refusal() {
    return attempts > 0
        ? null
        : shortage.error(found.name(), call.endpoint().protocol().id(), tokens());
  }

  @Override
  public Duration retryAfter() {
    return attempts > 0 ? Duration.ZERO : shortage.retryAfter();
  }
}
