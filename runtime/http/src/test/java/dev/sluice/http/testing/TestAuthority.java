package dev.sluice.http.testing;

import dev.sluice.http.ServerTls.KeyPairFiles;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyManagementException;
import java.security.NoSuchAlgorithmException;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Issues certificates, as PEM files in a folder of the test. */
public final class TestAuthority {
  private final Path folder;
  private final X509Bundle authority;
  private final Path ca;

  private TestAuthority(Path folder, String name) {
    this.folder = folder;
    this.authority =
        build(new CertificateBuilder().subject("CN=" + name).setIsCertificateAuthority(true), null);
    this.ca = write(name + ".ca.pem", authority.getCertificatePEM());
  }

  /** Creates an authority that keeps its files in a folder. */
  public static TestAuthority create(Path folder, String name) {
    return new TestAuthority(folder, name);
  }

  /** Returns the file of its own certificate. */
  public Path ca() {
    return ca;
  }

  /** Issues a certificate for a DNS name, which may begin with a wildcard. */
  public KeyPairFiles issue(String name) {
    return issue(name, name.replace('*', '_'));
  }

  /** Issues a certificate for a DNS name, in files of a name; those that are there are replaced. */
  public KeyPairFiles issue(String name, String file) {
    var bundle = bundle(name);
    return new KeyPairFiles(
        write(file + ".pem", bundle.getCertificatePathPEM()),
        write(file + ".key", bundle.getPrivateKeyPEM()));
  }

  /** Returns what a client of the JDK needs that trusts this authority. */
  public SSLContext context() {
    return context(new KeyManager[0]);
  }

  /** Returns what trusts this authority, for a client that asks for it beside the context. */
  public X509TrustManager trustManager() {
    try {
      return Stream.of(authority.toTrustManagerFactory().getTrustManagers())
          .filter(X509TrustManager.class::isInstance)
          .map(X509TrustManager.class::cast)
          .findFirst()
          .orElseThrow();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns what a client of the JDK needs that has a certificate for a name. */
  public SSLContext contextWith(String name) {
    try {
      return context(bundle(name).toKeyManagerFactory().getKeyManagers());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private SSLContext context(KeyManager[] keys) {
    try {
      var context = SSLContext.getInstance("TLS");
      context.init(keys, authority.toTrustManagerFactory().getTrustManagers(), null);
      return context;
    } catch (NoSuchAlgorithmException | KeyManagementException e) {
      throw new IllegalStateException(e);
    }
  }

  private X509Bundle bundle(String name) {
    return build(
        new CertificateBuilder()
            .subject("CN=" + name)
            .addExtensionOctetString("2.5.29.17", false, alternativeName(name)),
        authority);
  }

  private static X509Bundle build(CertificateBuilder builder, @Nullable X509Bundle issuer) {
    try {
      var ready = builder.ecp256();
      return issuer == null ? ready.buildSelfSigned() : ready.buildIssuedBy(issuer);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns a SubjectAltName of one dNSName; the builder's own call refuses wildcards. */
  private static byte[] alternativeName(String name) {
    var text = name.getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(text.length + 4)
        .put((byte) 0x30)
        .put((byte) (text.length + 2))
        .put((byte) 0x82)
        .put((byte) text.length)
        .put(text)
        .array();
  }

  private Path write(String file, String pem) {
    try {
      return Files.writeString(folder.resolve(file), pem);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
