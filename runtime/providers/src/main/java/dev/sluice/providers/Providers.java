package dev.sluice.providers;

import dev.sluice.ai.ModelRouter;
import dev.sluice.plugin.host.Clock;
import dev.sluice.providers.internal.Router;
import dev.sluice.providers.internal.StateShelf;

/**
 * Makes routers of configurations and keeps how keys, targets and trials fare: what did not change
 * from one configuration to the next goes on as it was. Thread-safe.
 */
public final class Providers {
  private final StateShelf shelf = new StateShelf();
  private final Clock clock;

  /** Creates providers of which nothing is known yet. */
  public Providers(Clock clock) {
    this.clock = clock;
  }

  /**
   * Returns the router of a configuration. It may be given up without further ado.
   *
   * @throws IllegalArgumentException when a target names no provider, or a regular expression is
   *     none
   */
  public Routing routing(RoutingSpec spec) {
    shelf.sweep();
    return new Router(spec, shelf, clock);
  }

  /** Is a router that tells how its parts fare. Thread-safe. */
  public interface Routing extends ModelRouter {
    /** Returns how keys, targets and trials fare now. */
    RoutingStatus status();
  }
}
