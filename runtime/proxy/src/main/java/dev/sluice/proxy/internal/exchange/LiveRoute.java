package dev.sluice.proxy.internal.exchange;

import dev.sluice.proxy.AttemptPolicy;
import dev.sluice.proxy.Authentication;
import dev.sluice.proxy.DialogueRoute;
import dev.sluice.proxy.ErrorRenderer;
import dev.sluice.proxy.RouteStatus;
import dev.sluice.proxy.internal.upstream.LoopCells;
import dev.sluice.proxy.route.Route;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Is a route as it runs in one snapshot: its chain is resolved and its policies are made. */
public final class LiveRoute {
  private static final int REQUESTS = 0;
  private static final int ACTIVE = 1;

  final Route route;
  final AttemptPolicy attempts;
  final ErrorRenderer errors;
  final ChainLink[] chain;
  final long timeoutNanos;
  final boolean retries;
  final @Nullable Authentication authentication;
  final @Nullable DialogueRoute dialogue;
  private final LoopCells cells;

  /**
   * Creates a route.
   *
   * @param chain the plugins in the order of the request
   * @param cells the counts of all routes of this name, made by {@link #newCells}
   */
  public LiveRoute(
      Route route,
      AttemptPolicy attempts,
      ErrorRenderer errors,
      List<ChainLink> chain,
      LoopCells cells) {
    this.route = route;
    this.attempts = attempts;
    this.errors = errors;
    this.chain = chain.toArray(ChainLink[]::new);
    this.cells = cells;
    timeoutNanos = route.timeout().toNanos();
    retries = attempts.retries();
    authentication = route.extension(Authentication.class);
    dialogue = route.extension(DialogueRoute.class);
  }

  /** Returns zero counts. */
  public static LoopCells newCells(int loops) {
    return new LoopCells(loops, 2);
  }

  /** Returns what it was made from. */
  public Route route() {
    return route;
  }

  void begin(int loop) {
    cells.add(loop, REQUESTS, 1);
    cells.add(loop, ACTIVE, 1);
  }

  void end(int loop) {
    cells.add(loop, ACTIVE, -1);
  }

  /** Returns what it did. */
  public RouteStatus status() {
    return new RouteStatus(
        route.name(),
        cells.sum(REQUESTS),
        cells.sum(ACTIVE),
        List.of(chain).stream().map(ChainLink::plugin).toList());
  }
}
