package dev.sluice.identity;

import dev.sluice.identity.internal.Directory;
import dev.sluice.proxy.Authentication;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Knows the consumers of one configuration. Immutable but for what it remembers; thread-safe. */
public interface Consumers {
  /**
   * Returns the consumers of a configuration.
   *
   * @param issuers whose tokens are accepted; issuers that only consumers name follow the usual
   *     rules ({@link IssuerSpec#of})
   * @param keys where the keys of issuers are kept
   * @throws IllegalArgumentException when two consumers have one key, or when the authorities of an
   *     issuer cannot be read
   */
  static Consumers of(List<ConsumerSpec> consumers, List<IssuerSpec> issuers, KeySets keys) {
    return Directory.of(consumers, issuers, keys);
  }

  /**
   * Returns how the callers of a route are identified, or null when nobody needs to look: there are
   * no consumers, and the route takes everybody.
   */
  @Nullable Authentication authentication(Access access);
}
