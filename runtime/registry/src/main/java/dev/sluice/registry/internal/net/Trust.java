package dev.sluice.registry.internal.net;

import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Makes TLS contexts that trust the JDK's authorities, and those of a PEM file. */
final class Trust {
  private Trust() {}

  /**
   * Returns a context.
   *
   * @param authorities a PEM file with further authorities, or null
   * @throws RegistryException BAD_REFERENCE when the file cannot be read or holds no certificate
   */
  static SSLContext context(@Nullable Path authorities) {
    try {
      var context = SSLContext.getInstance("TLS");
      context.init(null, authorities == null ? null : managers(authorities), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new RegistryException(
          Reason.BAD_REFERENCE,
          "certificate authorities: " + authorities + " (expected: a PEM file): " + e.getMessage(),
          e);
    }
  }

  private static TrustManager[] managers(Path authorities)
      throws GeneralSecurityException, IOException {
    Collection<? extends Certificate> further;
    try (var in = Files.newInputStream(authorities)) {
      further = CertificateFactory.getInstance("X.509").generateCertificates(in);
    }
    if (further.isEmpty()) {
      throw new IOException("it holds no certificate");
    }
    var all = KeyStore.getInstance(KeyStore.getDefaultType());
    all.load(null, null);
    var defaults = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    defaults.init((KeyStore) null);
    int i = 0;
    for (var manager : defaults.getTrustManagers()) {
      if (manager instanceof X509TrustManager x509) {
        for (var issuer : Arrays.asList(x509.getAcceptedIssuers())) {
          all.setCertificateEntry("jdk-" + i++, issuer);
        }
      }
    }
    for (var certificate : further) {
      all.setCertificateEntry("further-" + i++, certificate);
    }
    var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(all);
    return factory.getTrustManagers();
  }
}
