package dev.sluice.proxy;

import dev.sluice.proxy.route.Route;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the upstream of each attempt of an exchange, and whether there is another. One policy
 * serves all exchanges of a route on all loops: it keeps no state of an exchange. Calls come on the
 * loop.
 */
public interface AttemptPolicy {
  /** Makes the policy of a route when a snapshot is prepared. */
  @FunctionalInterface
  interface Factory {
    /** Returns the policy, or null for the default one (weighted targets and {@code retry}). */
    @Nullable AttemptPolicy create(Route route);
  }

  /** Says how an attempt failed. */
  enum Failure {
    /** No connection could be had; nothing was sent. */
    CONNECT,
    /** The upstream refused the stream unprocessed (REFUSED_STREAM, GOAWAY). */
    REFUSED,
    /** The upstream broke off before its response began. */
    RESET,
    /** The attempt took too long. */
    TIMEOUT,
    /** The response has a status that may be tried again. */
    STATUS,
    /** The upstream has no endpoint. */
    NO_ENDPOINT,
    /** The upstream has as many requests as it may have. */
    CIRCUIT
  }

  /**
   * Is an attempt to make.
   *
   * @param upstream the name of an upstream of the snapshot
   * @param delay to wait before it; zero for none
   * @param timeout to the response headers; zero for none
   */
  record Attempt(String upstream, Duration delay, Duration timeout) {}

  /**
   * Returns the first attempt.
   *
   * @param random at least 0, for weighted choices
   */
  Attempt first(ExchangeRecord exchange, int random);

  /**
   * Returns the next attempt after a failed one, or null to answer what there is. Asked only while
   * the request can be sent again and nothing of the response has been passed on.
   *
   * @param status of the response when {@code failure} is STATUS, else 0
   */
  @Nullable Attempt next(ExchangeRecord exchange, Failure failure, int status, int random);

  /** Returns whether a response with this status is kept back to ask {@link #next}. */
  boolean retriesStatus(int status);

  /** Returns whether {@link #next} may ever return another attempt, so that bodies are kept. */
  boolean retries();
}
