package dev.sluice.proxy;

import java.util.Map;
import java.util.Set;

/** Is an authenticated caller, a <em>consumer</em>. Immutable. */
public interface Identity {
  /** Returns the consumer's name. */
  String name();

  /** Returns the groups that it belongs to. */
  Set<String> groups();

  /** Returns what else plugins may know of it: never a credential. */
  default Map<String, String> attributes() {
    return Map.of();
  }

  /** Returns whether it may use a model by this name. */
  default boolean mayUseModel(String model) {
    return true;
  }
}
