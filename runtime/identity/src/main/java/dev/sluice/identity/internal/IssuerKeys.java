package dev.sluice.identity.internal;

import dev.sluice.identity.IssuerSpec;
import dev.sluice.identity.KeySets;
import dev.sluice.plugin.host.Clock;
import java.net.URI;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Keeps a set of keys for each place that they are fetched from. */
public final class IssuerKeys implements KeySets {
  private final Clock clock;
  private final Map<Place, Entry> entries = new HashMap<>();

  private record Place(String issuer, @Nullable URI jwksUri, @Nullable Path ca) {
    static Place of(IssuerSpec spec) {
      return new Place(spec.issuer(), spec.jwksUri(), spec.ca());
    }
  }

  private record Entry(KeySet keys, IssuerClient client) {}

  /** Creates an empty one. */
  public IssuerKeys(Clock clock) {
    this.clock = clock;
  }

  Clock clock() {
    return clock;
  }

  /**
   * Returns the keys of an issuer.
   *
   * @throws IllegalArgumentException when its authorities cannot be read
   */
  synchronized KeySet of(IssuerSpec issuer) {
    return entries.computeIfAbsent(
            Place.of(issuer),
            place -> {
              var client = new IssuerClient(issuer);
              return new Entry(new KeySet(issuer.issuer(), client, clock), client);
            })
        .keys;
  }

  @Override
  public synchronized void retain(Collection<IssuerSpec> issuers) {
    var wanted = issuers.stream().map(Place::of).collect(Collectors.toSet());
    entries
        .entrySet()
        .removeIf(
            entry -> {
              boolean gone = !wanted.contains(entry.getKey());
              if (gone) {
                entry.getValue().client.close();
              }
              return gone;
            });
  }

  @Override
  public void close() {
    retain(java.util.List.of());
  }
}
