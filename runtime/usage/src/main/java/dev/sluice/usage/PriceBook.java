package dev.sluice.usage;

import dev.sluice.ai.Price;
import org.jspecify.annotations.Nullable;

/** Knows what models cost. Thread-safe; called on loops. */
@FunctionalInterface
public interface PriceBook {
  /** Knows no price. */
  PriceBook NONE = (requested, provider, model) -> null;

  /**
   * Returns what a model costs, or null when that is not known.
   *
   * @param requested the model that the caller named
   * @param provider the provider that answered
   * @param model the provider's name of the model
   */
  @Nullable Price price(String requested, String provider, String model);
}
