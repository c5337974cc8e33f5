package dev.sluice.http.internal;

import dev.sluice.http.ServerTls;
import io.netty.channel.ChannelHandler;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SniHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import io.netty.util.AsyncMapping;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Holds the certificates of a listener, which may be renewed, and chooses one by the name that the
 * client asks for: an exact name first, then a wildcard for one label (RFC 9525 section 6.3), then
 * the first certificate.
 */
final class TlsServer {
  /** Subject alternative name of type dNSName (RFC 5280 section 4.2.1.6). */
  private static final int DNS_NAME = 2;

  private final ServerTls config;
  private final ApplicationProtocolConfig alpn;
  private volatile Certificates inForce;

  /**
   * Is one reading of the files.
   *
   * @param digest tells it from others
   */
  private record Certificates(String digest, Map<String, SslContext> byName, SslContext fallback) {}

  /**
   * Reads the certificates.
   *
   * @param protocols what is offered by ALPN; none to leave it out
   * @throws IllegalArgumentException when one cannot be read, naming the file
   */
  TlsServer(ServerTls config, List<String> protocols) {
    this.config = config;
    alpn = protocols.isEmpty() ? ApplicationProtocolConfig.DISABLED : alpn(protocols);
    inForce = read(config, digest(config));
  }

  /** Reads the files again, and returns what puts them in force. */
  Runnable renew() {
    var digest = digest(config);
    if (digest.equals(inForce.digest)) {
      return () -> {};
    }
    var renewed = read(config, digest);
    return () -> inForce = renewed;
  }

  private static String digest(ServerTls config) {
    var files = new ArrayList<Path>();
    for (var pair : config.certificates()) {
      files.add(pair.cert());
      files.add(pair.key());
    }
    var clientCa = config.clientCa();
    if (clientCa != null) {
      files.add(clientCa);
    }
    return PemFiles.digest(files);
  }

  private Certificates read(ServerTls config, String digest) {
    Map<String, SslContext> byName = new HashMap<>();
    SslContext first = null;
    for (var pair : config.certificates()) {
      var context = context(pair, config.clientCa());
      first = first == null ? context : first;
      names(pair.cert()).forEach(name -> byName.putIfAbsent(name, context));
    }
    if (first == null) {
      throw new IllegalArgumentException("tls.certificates is empty (expected: at least one)");
    }
    return new Certificates(digest, Map.copyOf(byName), first);
  }

  /** Returns the handler that begins TLS on a connection. */
  ChannelHandler handler(Duration timeout) {
    AsyncMapping<String, SslContext> mapping = this::choose;
    return new SniHandler(mapping, 64 << 10, timeout.isZero() ? 60_000 : timeout.toMillis());
  }

  private io.netty.util.concurrent.Future<SslContext> choose(
      @Nullable String name, Promise<SslContext> promise) {
    return promise.setSuccess(choose(name));
  }

  private SslContext choose(@Nullable String name) {
    var certificates = inForce;
    if (name == null) {
      return certificates.fallback;
    }
    var lower = name.toLowerCase(Locale.ROOT);
    var exact = certificates.byName.get(lower);
    if (exact != null) {
      return exact;
    }
    int dot = lower.indexOf('.');
    return dot < 0
        ? certificates.fallback
        : certificates.byName.getOrDefault("*" + lower.substring(dot), certificates.fallback);
  }

  private SslContext context(ServerTls.KeyPairFiles pair, @Nullable Path clientCa) {
    try {
      var builder =
          SslContextBuilder.forServer(pair.cert().toFile(), pair.key().toFile())
              .sslProvider(provider())
              .protocols("TLSv1.3", "TLSv1.2")
              .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
              .applicationProtocolConfig(alpn);
      if (clientCa != null) {
        builder.trustManager(clientCa.toFile()).clientAuth(ClientAuth.REQUIRE);
      }
      return builder.build();
    } catch (SSLException | IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "cannot use certificate " + pair.cert() + " with key " + pair.key() + ": " + reason(e),
          e);
    }
  }

  static String reason(Throwable problem) {
    var cause = problem.getCause();
    return cause == null ? problem.toString() : problem.getMessage() + ": " + cause;
  }

  /** Returns BoringSSL where its library is there, else the JDK's own TLS. */
  static SslProvider provider() {
    return OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK;
  }

  static ApplicationProtocolConfig alpn(List<String> protocols) {
    return new ApplicationProtocolConfig(
        Protocol.ALPN,
        SelectorFailureBehavior.NO_ADVERTISE,
        SelectedListenerFailureBehavior.ACCEPT,
        protocols);
  }

  /** Names the protocols of ALPN. */
  static List<String> protocols(boolean http1, boolean http2) {
    return http1 && http2
        ? List.of(ApplicationProtocolNames.HTTP_2, ApplicationProtocolNames.HTTP_1_1)
        : List.of(http2 ? ApplicationProtocolNames.HTTP_2 : ApplicationProtocolNames.HTTP_1_1);
  }

  private static List<String> names(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      var certificate =
          (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
      var alternatives = certificate.getSubjectAlternativeNames();
      if (alternatives == null) {
        return List.of();
      }
      return alternatives.stream()
          .filter(entry -> entry.getFirst().equals(DNS_NAME))
          .map(entry -> entry.get(1).toString().toLowerCase(Locale.ROOT))
          .toList();
    } catch (IOException | CertificateException e) {
      throw new IllegalArgumentException("cannot read certificate " + file + ": " + e, e);
    }
  }
}
