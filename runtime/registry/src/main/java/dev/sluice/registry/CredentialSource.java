package dev.sluice.registry;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds the credentials of registries. Asked only after a registry refused an anonymous request.
 */
@FunctionalInterface
public interface CredentialSource {
  /** Knows none. */
  CredentialSource NONE = (registry, repository) -> Optional.empty();

  /**
   * Finds credentials. May block.
   *
   * @param registry host, with a port where the reference has one
   * @throws RegistryException DENIED when the place where they are kept fails
   */
  Optional<Credentials> find(String registry, String repository);

  /** Always gives the same; null gives none. */
  static CredentialSource of(@Nullable Credentials credentials) {
    return credentials == null ? NONE : (registry, repository) -> Optional.of(credentials);
  }

  /** Asks another source when this one knows nothing. */
  default CredentialSource or(CredentialSource other) {
    return (registry, repository) ->
        find(registry, repository).or(() -> other.find(registry, repository));
  }
}
