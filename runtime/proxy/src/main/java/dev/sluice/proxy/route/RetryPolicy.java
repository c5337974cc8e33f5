package dev.sluice.proxy.route;

import java.time.Duration;
import java.util.Set;

/**
 * Says when a failed attempt is tried again: never after the first byte of a response went to the
 * client, and only while the request can be sent again (no body, or one of at most {@value
 * #REPLAY_BYTES} bytes that was kept).
 *
 * @param attempts further attempts after the first, 0 to 10
 * @param onConnectFailure when no connection could be had, or the stream was refused unprocessed
 * @param onReset when the upstream broke off before its response began
 * @param onTimeout when an attempt took longer than {@code perTryTimeout}
 * @param statuses response statuses to try again on
 * @param perTryTimeout from the start of an attempt to its response headers; zero for none
 */
public record RetryPolicy(
    int attempts,
    boolean onConnectFailure,
    boolean onReset,
    boolean onTimeout,
    Set<Integer> statuses,
    Duration perTryTimeout) {
  /** How large a request body is kept for another attempt. */
  public static final int REPLAY_BYTES = 64 << 10;

  /** Never tries again. */
  public static final RetryPolicy NONE =
      new RetryPolicy(0, false, false, false, Set.of(), Duration.ZERO);

  /** Checks the numbers and copies the set. */
  public RetryPolicy {
    statuses = Set.copyOf(statuses);
    if (attempts < 0 || attempts > 10) {
      throw new IllegalArgumentException("attempts: " + attempts + " (expected: 0..10)");
    }
    if (perTryTimeout.isNegative()) {
      throw new IllegalArgumentException(
          "perTryTimeout: " + perTryTimeout + " (expected: 0s or more)");
    }
  }

  /** Tries again, once, when no connection could be had. */
  public static RetryPolicy onConnectFailure(int attempts) {
    return new RetryPolicy(attempts, true, false, false, Set.of(), Duration.ZERO);
  }
}
