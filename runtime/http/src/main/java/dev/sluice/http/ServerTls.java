package dev.sluice.http;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Says how a listener does TLS: 1.2 and 1.3, HTTP/2 and HTTP/1.1 by ALPN.
 *
 * @param certificates one per server name (by SNI); the first is the default
 * @param clientCa authorities of client certificates, which are then required; null for none
 */
public record ServerTls(List<KeyPairFiles> certificates, @Nullable Path clientCa) {
  /** Copies the certificates. */
  public ServerTls {
    certificates = List.copyOf(certificates);
  }

  /** Names the PEM files of a certificate chain and its private key. */
  public record KeyPairFiles(Path cert, Path key) {}
}
