package dev.sluice.ai.internal.exchange;

import dev.sluice.ai.AiFormat;
import dev.sluice.ai.ModelRouter.AttemptEnd;
import dev.sluice.ai.ModelRouter.Choice;
import dev.sluice.ai.ModelRouter.Failed;
import dev.sluice.ai.ModelRouter.Target;
import dev.sluice.ai.ModelRouter.Timeouts;
import dev.sluice.ai.ProviderRequest;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.DialogueContext;
import dev.sluice.proxy.route.Route;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Chooses the upstreams that the route names, by weight and with the route's retries. */
final class RouteTargets implements Choice {
  private final Route route;
  private final String upstream;
  private int made;

  RouteTargets(DialogueContext context) {
    route = context.route();
    upstream = drawn(route, context.random());
  }

  private static String drawn(Route route, int random) {
    int sum = 0;
    for (var target : route.targets()) {
      sum += target.weight();
    }
    int left = sum == 0 ? 0 : random % sum;
    for (var target : route.targets()) {
      left -= target.weight();
      if (left < 0) {
        return target.upstream();
      }
    }
    return "";
  }

  @Override
  public @Nullable Target next(@Nullable Failed before) {
    if (upstream.isEmpty() || (before != null && !again(before))) {
      return null;
    }
    made++;
    return new Same(upstream, timeouts());
  }

  private Timeouts timeouts() {
    return new Timeouts(Duration.ZERO, route.retry().perTryTimeout(), Duration.ZERO, Duration.ZERO);
  }

  private boolean again(Failed failed) {
    var retry = route.retry();
    return made <= retry.attempts()
        && switch (failed.failure()) {
          case CONNECT -> retry.onConnectFailure();
          case RESET -> retry.onReset();
          case TIMEOUT -> retry.onTimeout();
          case STATUS -> retry.statuses().contains(failed.status());
          case CIRCUIT, ERROR_IN_STREAM, MALFORMED, UNSUPPORTED -> false;
        };
  }

  @Override
  public void ended(Target target, AttemptEnd end) {}

  /** Is an upstream that gets what the client sent. */
  private record Same(String upstream, Timeouts timeouts) implements Target {
    @Override
    public String provider() {
      return upstream;
    }

    @Override
    public String model() {
      return "";
    }

    @Override
    public AiFormat format() {
      throw new UnsupportedOperationException("an upstream of a route speaks what its client does");
    }

    @Override
    public String authority() {
      return "";
    }

    @Override
    public void sign(ProviderRequest request, Headers headers) {}

    @Override
    public boolean transparent() {
      return true;
    }
  }
}
