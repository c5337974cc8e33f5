package dev.sluice.identity;

import dev.sluice.proxy.Identity;
import java.util.Set;

/**
 * Is an identified caller.
 *
 * @param name unique; what plugins, logs and usage show
 * @param groups what it belongs to
 * @param models what it may use
 */
public record Consumer(String name, Set<String> groups, ModelNames models) implements Identity {
  /** Copies the set. */
  public Consumer {
    groups = Set.copyOf(groups);
  }

  @Override
  public boolean mayUseModel(String model) {
    return models.contains(model);
  }
}
