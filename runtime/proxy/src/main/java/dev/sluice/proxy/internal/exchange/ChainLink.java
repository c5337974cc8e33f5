package dev.sluice.proxy.internal.exchange;

import dev.sluice.plugin.Callback;
import dev.sluice.plugin.FailStrategy;
import dev.sluice.plugin.Headers;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Is a plugin's place in the chain of a route.
 *
 * @param plugin its name
 * @param failStrategy what happens to an exchange on which it fails
 * @param byLoop what makes its filters, by number of loop
 * @param arm counts how exchanges with it fare, when another version of the plugin serves too
 * @param stable the version that exchanges get for which this one is not chosen; null when all get
 *     this one
 */
public record ChainLink(
    String plugin,
    FailStrategy failStrategy,
    List<FilterSource> byLoop,
    CanarySplit.@Nullable Arm arm,
    @Nullable ChainLink stable) {
  /** Copies the list. */
  public ChainLink {
    byLoop = List.copyOf(byLoop);
  }

  /** Creates a link whose plugin has one version. */
  public ChainLink(String plugin, FailStrategy failStrategy, List<FilterSource> byLoop) {
    this(plugin, failStrategy, byLoop, null, null);
  }

  /** Returns the version that an exchange gets; called on its loop. */
  public ChainLink choose(@Nullable Headers request, LoopState loop) {
    return stable == null || arm == null || arm.split().takes(request, loop) ? this : stable;
  }

  /** Returns the bit of a callback. */
  @SuppressWarnings("EnumOrdinal") // lives as long as the process only
  public static int bit(Callback callback) {
    return 1 << callback.ordinal();
  }
}
