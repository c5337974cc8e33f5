package dev.sluice.http.internal;

import dev.sluice.http.ClientTls;
import dev.sluice.http.PoolConfig.ProtocolChoice;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.net.InetSocketAddress;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Holds what connections to an upstream need for TLS. */
final class TlsClient {
  private final SslContext context;
  private final @Nullable String serverName;

  /**
   * Reads the files of a configuration.
   *
   * @throws IllegalArgumentException when one cannot be used, naming the file
   */
  TlsClient(ClientTls config, ProtocolChoice choice) {
    this(
        config,
        TlsServer.alpn(
            TlsServer.protocols(
                choice != ProtocolChoice.HTTP_2, choice != ProtocolChoice.HTTP_1_1)));
  }

  /** Reads the files of a configuration, as the other constructor. */
  TlsClient(ClientTls config, ApplicationProtocolConfig alpn) {
    serverName = config.sni();
    try {
      var builder =
          SslContextBuilder.forClient()
              .sslProvider(TlsServer.provider())
              .protocols("TLSv1.3", "TLSv1.2")
              .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
              .applicationProtocolConfig(alpn);
      var ca = config.ca();
      if (config.insecureSkipVerify()) {
        builder
            .trustManager(InsecureTrustManagerFactory.INSTANCE)
            .endpointIdentificationAlgorithm(null);
      } else {
        builder.endpointIdentificationAlgorithm("HTTPS");
        if (ca != null) {
          builder.trustManager(ca.toFile());
        }
      }
      var own = config.clientCert();
      if (own != null) {
        builder.keyManager(own.cert().toFile(), own.key().toFile());
      }
      context = builder.build();
    } catch (SSLException | IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "cannot use tls " + config + " of an upstream: " + TlsServer.reason(e), e);
    }
  }

  /** Returns what a handshake failed for: the engine's own exception says only that it did. */
  static String reason(Throwable failure) {
    var root = failure;
    for (var cause = root.getCause(); cause != null && cause != root; cause = root.getCause()) {
      root = cause;
    }
    return root.toString();
  }

  /** Returns the handler of a new connection to an endpoint. */
  SslHandler handler(ByteBufAllocator allocator, InetSocketAddress endpoint, long timeoutMillis) {
    var name = serverName == null ? endpoint.getHostString() : serverName;
    var handler = context.newHandler(allocator, name, endpoint.getPort());
    handler.setHandshakeTimeoutMillis(timeoutMillis);
    return handler;
  }
}
