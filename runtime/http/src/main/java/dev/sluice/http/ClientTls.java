package dev.sluice.http;

import dev.sluice.http.internal.PemFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Says how connections to an upstream do TLS; the certificate and its host name are verified by
 * default.
 *
 * @param ca authorities to trust, or null for those of the JDK
 * @param sni the server name to ask for and verify, or null for the endpoint's host
 * @param clientCert a client certificate, or null
 * @param insecureSkipVerify trusts anyone; for development only
 */
public record ClientTls(
    @Nullable Path ca,
    @Nullable String sni,
    ServerTls.@Nullable KeyPairFiles clientCert,
    boolean insecureSkipVerify) {
  /**
   * Returns a digest of what its files hold now; blocks.
   *
   * @throws IllegalArgumentException when one cannot be read, naming it
   */
  public String filesDigest() {
    var files = new ArrayList<Path>();
    if (ca != null) {
      files.add(ca);
    }
    if (clientCert != null) {
      files.add(clientCert.cert());
      files.add(clientCert.key());
    }
    return PemFiles.digest(files);
  }
}
