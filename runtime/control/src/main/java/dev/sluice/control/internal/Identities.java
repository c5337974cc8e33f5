package dev.sluice.control.internal;

import dev.sluice.control.GatewayConfig.IdentitySettings;
import dev.sluice.identity.Consumers;
import dev.sluice.identity.IssuerSpec;
import dev.sluice.identity.KeySets;
import dev.sluice.plugin.host.Clock;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Makes the consumers of each configuration; those that did not change keep what they know of
 * tokens. Used under the controller's lock.
 */
final class Identities implements AutoCloseable {
  private final KeySets keys;
  private @Nullable IdentitySettings settings;
  private @Nullable Consumers consumers;

  Identities(Clock clock) {
    keys = KeySets.open(clock);
  }

  /** Returns the consumers of a configuration that is to serve, or is only looked at. */
  Consumers of(IdentitySettings wanted) {
    var known = consumers;
    return known != null && wanted.equals(settings)
        ? known
        : Consumers.of(wanted.consumers(), wanted.issuers(), keys);
  }

  /** The consumers serve now; keys of issuers that are gone are forgotten. */
  void commit(IdentitySettings wanted, Consumers now) {
    settings = wanted;
    consumers = now;
    var issuers = new ArrayList<>(wanted.issuers());
    wanted.consumers().stream()
        .flatMap(consumer -> consumer.tokens().stream())
        .filter(rule -> issuers.stream().noneMatch(i -> i.issuer().equals(rule.issuer())))
        .forEach(rule -> issuers.add(IssuerSpec.of(rule.issuer())));
    keys.retain(issuers);
  }

  @Override
  public void close() {
    keys.close();
  }
}
