package dev.sluice.providers.internal;

import dev.sluice.ai.ModelRouter.AttemptEnd;
import dev.sluice.ai.ModelRouter.Failed;
import dev.sluice.ai.ModelRouter.Failure;
import dev.sluice.plugin.host.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Learns from the outcome of attempts. Thread-safe, without locks. */
final class Outcomes {
  private static final Logger LOG = LoggerFactory.getLogger(Outcomes.class);

  private final Clock clock;

  Outcomes(Clock clock) {
    this.clock = clock;
  }

  long now() {
    return clock.monotonicNanos();
  }

  /** An attempt has ended. */
  void ended(RoutedTarget attempt, AttemptEnd end) {
    var target = attempt.target;
    long now = now();
    target.state.active.decrementAndGet();
    if (attempt.asked.key() >= 0) {
      target.provider.states[attempt.asked.key()].release();
    }
    if (end.cancelled() && end.failure() == null) {
      if (end.firstTokenNanos() >= 0) {
        target.state.latency.add(end.firstTokenNanos(), now);
      }
      return;
    }
    judgeKey(attempt, end, now);
    judgeTarget(attempt, end, now);
  }

  private void judgeTarget(RoutedTarget attempt, AttemptEnd end, long now) {
    var state = attempt.target.state;
    if (end.failure() == null) {
      state.latency.add(end.firstTokenNanos() >= 0 ? end.firstTokenNanos() : end.totalNanos(), now);
    }
    if (end.failure() == Failure.CIRCUIT || end.failure() == Failure.UNSUPPORTED) {
      return;
    }
    if (!isOfTarget(end)) {
      if (state.breaker.succeeded(attempt.standing)) {
        LOG.info("provider {}: {} is back", attempt.provider(), attempt.model());
      }
      return;
    }
    state.failures.increment();
    if (state.breaker.failed(attempt.standing, now, attempt.target.provider.healthPolicy)) {
      state.ejections.increment();
      LOG.warn(
          "provider {}: {} is left out for {} s, it failed last by {}",
          attempt.provider(),
          attempt.model(),
          seconds(state.breaker.nanosLeft(now)),
          word(end));
    }
  }

  private static String word(AttemptEnd end) {
    return end.failure() == Failure.STATUS
        ? "status " + end.status()
        : String.valueOf(end.failure()).toLowerCase(Locale.ROOT);
  }

  /** Returns whether the target is to blame. */
  private static boolean isOfTarget(AttemptEnd end) {
    if (end.failure() == null) {
      return false;
    }
    return end.failure() != Failure.STATUS || end.status() >= 500 || end.status() == 408;
  }

  private void judgeKey(RoutedTarget attempt, AttemptEnd end, long now) {
    var standing = attempt.keyStanding;
    if (standing == null || end.status() == 0) {
      return;
    }
    int key = attempt.asked.key();
    var provider = attempt.target.provider;
    var state = provider.states[key];
    switch (end.status()) {
      case 401 -> {
        state.rejected.increment();
        if (state.breaker.failedForGood(standing, now, provider.keyPolicy)) {
          leftOut(attempt, "status 401", now);
        }
      }
      case 402, 403 -> {
        state.rejected.increment();
        if (state.breaker.failed(standing, now, provider.keyPolicy)) {
          leftOut(attempt, "status " + end.status(), now);
        }
      }
      case 429 -> {
        state.limited.increment();
        var wall = Instant.ofEpochSecond(0, clock.wallNanos());
        var policy = provider.spec.keyPolicy();
        var wait = RateLimits.retryAfter(end.headers(), wall).orElse(policy.cooldown());
        cool(attempt, wait, now);
      }
      default -> {
        if (end.status() < 400) {
          if (state.breaker.succeeded(standing)) {
            LOG.info("provider {}: key {} is accepted again", attempt.provider(), name(attempt));
          }
          if (provider.keys.length > 1) {
            var wall = Instant.ofEpochSecond(0, clock.wallNanos());
            RateLimits.exhausted(end.headers(), wall).ifPresent(wait -> cool(attempt, wait, now));
          }
        }
      }
    }
  }

  private static void cool(RoutedTarget attempt, Duration wait, long now) {
    var most = attempt.target.provider.spec.keyPolicy().maxCooldown();
    long nanos = (wait.compareTo(most) > 0 ? most : wait).toNanos();
    attempt.target.cooling[attempt.asked.key()].until(now + nanos);
  }

  /** Learns what only the body of an error tells. */
  void learn(Failed failed) {
    var attempt = (RoutedTarget) failed.target();
    var standing = attempt.keyStanding;
    if (standing != null
        && failed.failure() == Failure.STATUS
        && failed.error().code().equals("insufficient_quota")) {
      var provider = attempt.target.provider;
      var state = provider.states[attempt.asked.key()];
      long now = now();
      if (state.breaker.failedForGood(standing, now, provider.keyPolicy)) {
        leftOut(attempt, "its quota is used up", now);
      }
    }
  }

  private static void leftOut(RoutedTarget attempt, String why, long now) {
    var state = attempt.target.provider.states[attempt.asked.key()];
    LOG.warn(
        "provider {}: key {} is left out for {} s: {}",
        attempt.provider(),
        name(attempt),
        seconds(state.breaker.nanosLeft(now)),
        why);
  }

  private static String name(RoutedTarget attempt) {
    return attempt.target.provider.keys[attempt.asked.key()].name();
  }

  private static long seconds(long nanos) {
    return Duration.ofNanos(nanos).plusMillis(999).toSeconds();
  }

  /** A call that a trial concerns has ended, on one of its sides. */
  void ended(LiveCanary canary, boolean onCanary, AttemptEnd end) {
    if (canary.state.isRolledBack()
        || end.failure() == Failure.CIRCUIT
        || (end.cancelled() && end.failure() == null)) {
      return;
    }
    long nanos = end.firstTokenNanos() >= 0 ? end.firstTokenNanos() : end.totalNanos();
    var bad =
        canary.state.ended(onCanary, end.failure() != null, nanos, now(), canary.spec.rollback());
    if (bad != null) {
      LOG.warn("model {}: canary {} is rolled back: {}", canary.model, canary.spec.name(), bad);
    }
  }
}
