package dev.sluice.providers;

import dev.sluice.ai.ModelRouter;
import dev.sluice.plugin.host.Clock;
import dev.sluice.plugin.host.Embedder;
import dev.sluice.providers.internal.Router;
import dev.sluice.providers.internal.StateShelf;
import org.jspecify.annotations.Nullable;

/**
 * Makes routers of configurations and keeps how keys, targets and trials fare: what did not change
 * from one configuration to the next goes on as it was. Thread-safe.
 */
public final class Providers {
  private final StateShelf shelf = new StateShelf();
  private final Clock clock;
  private final @Nullable Embedder embedder;

  /** Creates providers of which nothing is known yet, without choices by similarity. */
  public Providers(Clock clock) {
    this(clock, null);
  }

  /**
   * Creates providers of which nothing is known yet.
   *
   * @param embedder tells what texts are similar, on any thread; null when nothing does
   */
  public Providers(Clock clock, @Nullable Embedder embedder) {
    this.clock = clock;
    this.embedder = embedder;
  }

  /**
   * Returns the router of a configuration. It may be given up without further ado.
   *
   * @throws IllegalArgumentException when a target names no provider, or a regular expression is
   *     none
   */
  public Routing routing(RoutingSpec spec) {
    shelf.sweep();
    return new Router(spec, shelf, clock, embedder);
  }

  /** Is a router that tells how its parts fare. Thread-safe. */
  public interface Routing extends ModelRouter {
    /** Returns how keys, targets and trials fare now. */
    RoutingStatus status();
  }
}
