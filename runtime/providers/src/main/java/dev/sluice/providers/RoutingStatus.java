package dev.sluice.providers;

import java.time.Duration;
import java.util.List;

/**
 * Tells how providers fare, for the admin API and metrics. Counts are since the start.
 *
 * @param keys in the order of the configuration
 * @param targets each model of a provider once
 * @param canaries in the order of the configuration
 * @param choices those by content, in the order of the configuration
 */
public record RoutingStatus(
    List<Key> keys, List<Target> targets, List<Canary> canaries, List<Choice> choices) {
  /** Tells nothing. */
  public static final RoutingStatus NONE =
      new RoutingStatus(List.of(), List.of(), List.of(), List.of());

  /** Copies the lists. */
  public RoutingStatus {
    keys = List.copyOf(keys);
    targets = List.copyOf(targets);
    canaries = List.copyOf(canaries);
    choices = List.copyOf(choices);
  }

  /** Says whether a key or target is in use. */
  public enum State {
    /** It is used. */
    ACTIVE,
    /** It has used up what it may: a key, for at least one model. */
    COOLING,
    /** It is left out: a key that is not accepted, a target that fails. */
    OUT
  }

  /**
   * Tells how a key fares.
   *
   * @param active calls under way
   * @param calls attempts begun
   * @param rejected attempts answered 401, 402 or 403
   * @param limited attempts answered 429
   * @param back how long until it is tried again; zero while it is used
   */
  public record Key(
      String provider,
      String name,
      State state,
      long active,
      long calls,
      long rejected,
      long limited,
      Duration back) {}

  /**
   * Tells how a model of a provider fares.
   *
   * @param model the provider's name of it, as the configuration has it; empty where it is that of
   *     the caller
   * @param active calls under way
   * @param attempts attempts begun
   * @param failures attempts that failed by its fault
   * @param ejections how often it was left out
   * @param latency moving average to the first token; zero while unknown
   * @param back how long until it is tried again; zero while it is used
   */
  public record Target(
      String provider,
      String model,
      State state,
      long active,
      long attempts,
      long failures,
      long ejections,
      Duration latency,
      Duration back) {}

  /**
   * Tells how a trial goes.
   *
   * @param rolledBack why it ended by itself, or empty
   * @param calls those it served in the window
   * @param failures those of them that failed
   * @param otherCalls those of callers whom it concerns that others served
   * @param otherFailures those of them that failed
   */
  public record Canary(
      String model,
      String name,
      String rolledBack,
      long calls,
      long failures,
      long otherCalls,
      long otherFailures) {}

  /**
   * Tells how often a choice by content was made.
   *
   * @param calls whose content fitted it first
   */
  public record Choice(String model, String name, long calls) {}
}
