package dev.sluice.providers;

import java.util.List;

/**
 * Describes all providers and models of a configuration.
 *
 * @param models in the order of the configuration, which decides between regular expressions
 */
public record RoutingSpec(List<ProviderSpec> providers, List<ModelSpec> models) {
  /** Has nothing. */
  public static final RoutingSpec NONE = new RoutingSpec(List.of(), List.of());

  /** Copies the lists. */
  public RoutingSpec {
    providers = List.copyOf(providers);
    models = List.copyOf(models);
  }
}
