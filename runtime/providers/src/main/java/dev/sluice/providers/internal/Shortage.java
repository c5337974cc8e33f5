package dev.sluice.providers.internal;

import dev.sluice.ai.AiError;
import java.time.Duration;

/** Collects why no target could be had, for the answer. Loop-bound. */
final class Shortage {
  private long cooling = Long.MAX_VALUE;
  private long rejected = Long.MAX_VALUE;
  private long ejected = Long.MAX_VALUE;
  private boolean busy;
  private long tooLong;
  private boolean unsupported;

  void cooling(long nanosLeft) {
    cooling = Math.min(cooling, nanosLeft);
  }

  void rejected(long nanosLeft) {
    rejected = Math.min(rejected, nanosLeft);
  }

  void ejected(long nanosLeft) {
    ejected = Math.min(ejected, nanosLeft);
  }

  void busy() {
    busy = true;
  }

  /** The call does not fit a target that takes so many tokens. */
  void tooLong(long contextLength) {
    tooLong = Math.max(tooLong, contextLength);
  }

  void unsupported() {
    unsupported = true;
  }

  /** Returns how long until it is worth trying again; zero when that is unknown. */
  Duration retryAfter() {
    if (busy) {
      return Duration.ofSeconds(1);
    }
    long soonest = Math.min(cooling, Math.min(rejected, ejected));
    return soonest == Long.MAX_VALUE ? Duration.ZERO : Duration.ofNanos(soonest);
  }

  /** Returns what to tell the caller. */
  AiError error(String model, String operation, long tokens) {
    if (busy) {
      return new AiError(
          503, "overloaded", "Every key for model " + model + " has as many calls as it may have.");
    }
    if (cooling < Long.MAX_VALUE) {
      return new AiError(
          429,
          "rate_limit_exceeded",
          "The providers of model " + model + " take no calls just now.");
    }
    if (rejected < Long.MAX_VALUE) {
      return new AiError(
          503, "no_usable_key", "The providers of model " + model + " accept none of the keys.");
    }
    if (tooLong > 0) {
      return new AiError(
          400,
          "context_length_exceeded",
          "The call has about "
              + tokens
              + " tokens with its answer (expected: up to "
              + tooLong
              + " for model "
              + model
              + ").",
          null);
    }
    if (unsupported) {
      return new AiError(
          400,
          "unsupported_operation",
          "No provider of model " + model + " has the operation " + operation + ".");
    }
    return new AiError(503, "no_healthy_upstream", "No provider of model " + model + " answers.");
  }
}
