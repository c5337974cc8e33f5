package dev.sluice.identity.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Reads authorities that a server may have besides those that the JDK knows. */
final class Authorities {
  private Authorities() {}

  static SSLContext context(Path pem) {
    try (var in = Files.newInputStream(pem)) {
      var all = KeyStore.getInstance(KeyStore.getDefaultType());
      all.load(null, null);
      int number = 0;
      for (var manager : factory(null).getTrustManagers()) {
        if (manager instanceof X509TrustManager usual) {
          for (var certificate : usual.getAcceptedIssuers()) {
            all.setCertificateEntry("usual-" + number++, certificate);
          }
        }
      }
      for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        all.setCertificateEntry("given-" + number++, certificate);
      }
      var context = SSLContext.getInstance("TLS");
      context.init(null, factory(all).getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalArgumentException(pem + ": " + e.getMessage(), e);
    }
  }

  private static TrustManagerFactory factory(@Nullable KeyStore store)
      throws GeneralSecurityException {
    var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory;
  }
}
