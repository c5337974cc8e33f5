package dev.sluice.proxy.internal.exchange;

import dev.sluice.plugin.Callback;
import dev.sluice.plugin.FailStrategy;
import java.util.List;

/**
 * Is a plugin's place in the chain of a route.
 *
 * @param plugin its name
 * @param failStrategy what happens to an exchange on which it fails
 * @param byLoop what makes its filters, by number of loop
 */
public record ChainLink(String plugin, FailStrategy failStrategy, List<FilterSource> byLoop) {
  /** Copies the list. */
  public ChainLink {
    byLoop = List.copyOf(byLoop);
  }

  /** Returns the bit of a callback. */
  @SuppressWarnings("EnumOrdinal") // lives as long as the process only
  public static int bit(Callback callback) {
    return 1 << callback.ordinal();
  }
}
