package dev.sluice.proxy.internal.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.StreamError;
import dev.sluice.plugin.Callback;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.LocalResponse;
import dev.sluice.proxy.Dialogue;
import dev.sluice.proxy.DialogueContext;
import dev.sluice.proxy.DialogueRoute;
import dev.sluice.proxy.ErrorRenderer;
import dev.sluice.proxy.GatewayError;
import dev.sluice.proxy.route.Route;
import dev.sluice.proxy.route.RouteMatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Shows what a dialogue does to the exchange that it has its place in. */
class DialogueTest {
  /** Refuses every request before its chain is built. */
  private static final class Refusing implements DialogueRoute {
    @Override
    public @Nullable Dialogue begin(DialogueContext context) {
      context.fail(GatewayError.NO_ROUTE);
      return null;
    }

    @Override
    public boolean usesUpstreams() {
      return false;
    }

    @Override
    public ErrorRenderer errors() {
      return LocalAnswers.DEFAULT;
    }
  }

  @Test
  void keepsARequestThatItRefusedFromThePlugins() {
    var plugin =
        new Probe("a")
            .on(
                Callback.REQUEST_HEADERS,
                call -> {
                  call.stream().sendLocalResponse(LocalResponse.text(403, "refused", "no"));
                  return FilterStatus.CONTINUE;
                });
    var route = Route.to("r", RouteMatch.ANY, "u").with(new Refusing());
    try (var harness = new ChainHarness(route, plugin)) {
      harness.request(false);
      harness.data(Direction.REQUEST, "one", true);
      assertThat(harness.client.status()).isEqualTo(404);
      assertThat(harness.client.ended).isTrue();
      assertThat(harness.client.reset).isEqualTo(StreamError.NO_ERROR); // the rest of the request
      assertThat(harness.client.consumed).isEqualTo(3);
      assertThat(harness.opened).isZero();
      assertThat(plugin.calls).isEmpty();
    }
  }
}
