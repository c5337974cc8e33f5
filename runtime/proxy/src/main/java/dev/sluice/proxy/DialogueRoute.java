package dev.sluice.proxy;

import dev.sluice.proxy.route.RouteExtension;
import org.jspecify.annotations.Nullable;

/**
 * Says that on a route a protocol is spoken which the gateway understands, beyond HTTP. One serves
 * all exchanges of the route on all loops: it is thread-safe.
 */
public interface DialogueRoute extends RouteExtension {
  /**
   * Begins a dialogue, before the chain of the exchange is built.
   *
   * @return null to let the exchange pass as on a plain route
   */
  @Nullable Dialogue begin(DialogueContext context);

  /** Returns whether the upstreams of the route itself are asked. */
  boolean usesUpstreams();

  /** Returns who renders the errors of the route. */
  ErrorRenderer errors();
}
