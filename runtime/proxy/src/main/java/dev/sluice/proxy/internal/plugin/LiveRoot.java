package dev.sluice.proxy.internal.plugin;

import dev.sluice.proxy.internal.exchange.Exchange;
import dev.sluice.proxy.internal.exchange.FilterSource;
import java.util.List;

/** Is one configuration of a plugin on all loops. Shared by the snapshots that have it. */
public final class LiveRoot {
  private final RootKey key;
  private final Generation generation;
  private final List<LoopRoot> byLoop;

  /** How many snapshots take new exchanges with it; guarded by the runtime. */
  private int users;

  LiveRoot(RootKey key, Generation generation, List<LoopRoot> byLoop) {
    this.key = key;
    this.generation = generation;
    this.byLoop = List.copyOf(byLoop);
  }

  RootKey key() {
    return key;
  }

  Generation generation() {
    return generation;
  }

  /** Returns what makes its filters on each loop. */
  public List<FilterSource> sources() {
    return List.copyOf(byLoop);
  }

  boolean isUsedBy(Exchange exchange) {
    return exchange.uses(byLoop.get(exchange.loop()));
  }

  void abortConnections(int loop, String why) {
    byLoop.get(loop).abortConnections(why);
  }

  void use() {
    users++;
  }

  /** Gives up one use and returns whether it was the last. */
  boolean unuse() {
    users--;
    return users == 0;
  }

  boolean isUsed() {
    return users > 0;
  }

  /** Lets it end with its last exchange. */
  void retire() {
    for (var root : byLoop) {
      root.vm().loop().eventLoop().execute(root::retire);
    }
  }
}
