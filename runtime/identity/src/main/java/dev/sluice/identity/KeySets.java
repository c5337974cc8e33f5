package dev.sluice.identity;

import dev.sluice.identity.internal.IssuerKeys;
import dev.sluice.plugin.host.Clock;
import java.util.Collection;

/**
 * Keeps the keys of issuers over changes of the configuration, so that an issuer that did not
 * change is not asked again. Thread-safe.
 */
public interface KeySets extends AutoCloseable {
  /** Returns sets that are empty; a key is fetched when the first token needs it. */
  static KeySets open(Clock clock) {
    return new IssuerKeys(clock);
  }

  /** Forgets the keys of all other issuers. */
  void retain(Collection<IssuerSpec> issuers);

  @Override
  void close();
}
