package dev.sluice.proxy.internal;

import dev.sluice.proxy.AttemptPolicy;
import dev.sluice.proxy.ExchangeRecord;
import dev.sluice.proxy.route.Route;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Chooses among the weighted targets of a route and tries again by its retry policy. */
final class TargetPolicy implements AttemptPolicy {
  private static final long FIRST_DELAY_MILLIS = 25;
  private static final int MOST_DOUBLINGS = 4;

  private final Route route;
  private final Attempt[] attempts;

  /** The sum of the weights up to each target. */
  private final int[] bounds;

  TargetPolicy(Route route) {
    this.route = route;
    var targets = route.targets();
    attempts = new Attempt[targets.size()];
    bounds = new int[targets.size()];
    int sum = 0;
    for (int i = 0; i < attempts.length; i++) {
      attempts[i] = attempt(targets.get(i).upstream(), Duration.ZERO);
      sum += targets.get(i).weight();
      bounds[i] = sum;
    }
  }

  private Attempt attempt(String upstream, Duration delay) {
    return new Attempt(upstream, delay, route.retry().perTryTimeout());
  }

  @Override
  public Attempt first(ExchangeRecord exchange, int random) {
    if (attempts.length > 1) {
      int drawn = random % bounds[bounds.length - 1];
      for (int i = 0; i < bounds.length; i++) {
        if (drawn < bounds[i]) {
          return attempts[i];
        }
      }
    }
    return attempts[0];
  }

  @Override
  public @Nullable Attempt next(ExchangeRecord exchange, Failure failure, int status, int random) {
    var retry = route.retry();
    int made = exchange.attempts();
    var upstream = exchange.upstream();
    if (upstream == null || made > retry.attempts() || !retriesOn(failure)) {
      return null;
    }
    boolean untouched = failure == Failure.CONNECT || failure == Failure.REFUSED;
    return attempt(upstream, made == 1 && untouched ? Duration.ZERO : delay(made, random));
  }

  /** Doubles the wait each time and draws from its upper half, so that retries spread. */
  private static Duration delay(int made, int random) {
    long most = FIRST_DELAY_MILLIS << Math.min(made - 1, MOST_DOUBLINGS);
    return Duration.ofMillis(most / 2 + random % (most / 2 + 1));
  }

  private boolean retriesOn(Failure failure) {
    var retry = route.retry();
    return switch (failure) {
      case CONNECT, REFUSED -> retry.onConnectFailure();
      case RESET -> retry.onReset();
      case TIMEOUT -> retry.onTimeout();
      case STATUS -> true;
      case NO_ENDPOINT, CIRCUIT -> false;
    };
  }

  @Override
  public boolean retriesStatus(int status) {
    var retry = route.retry();
    return retry.attempts() > 0 && !retry.statuses().isEmpty() && retry.statuses().contains(status);
  }

  @Override
  public boolean retries() {
    return route.retry().attempts() > 0;
  }
}
