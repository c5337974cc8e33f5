package dev.sluice.registry.internal.net;

import dev.sluice.registry.Timeouts;
import dev.sluice.registry.internal.net.Proxies.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.apache.hc.client5.http.auth.AuthScope;
import org.apache.hc.client5.http.auth.StandardAuthScheme;
import org.apache.hc.client5.http.auth.UsernamePasswordCredentials;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.auth.CredentialsProviderBuilder;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.io.MonitoringResponseOutOfOrderStrategy;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/** Makes HTTP clients that bound every wait and header, and decide nothing on their own. */
final class Clients {
  private static final int MAX_LINE = 16 << 10;
  private static final int MAX_FIELDS = 200;
  private static final int MAX_CONNECTIONS = 64;

  private final Timeouts timeouts;
  private final SSLContext tls;

  Clients(Timeouts timeouts, SSLContext tls) {
    this.timeouts = timeouts;
    this.tls = tls;
  }

  /** Makes a client that connects to addresses at least as public as {@code least}. */
  CloseableHttpClient client(Reach least, Optional<Proxy> proxy) {
    var builder =
        HttpClientBuilder.create()
            .setConnectionManager(connections(least))
            .setDefaultRequestConfig(
                RequestConfig.custom()
                    .setResponseTimeout(timeout(timeouts.idle()))
                    .setConnectionRequestTimeout(timeout(timeouts.total()))
                    .setExpectContinueEnabled(false)
                    .setProtocolUpgradeEnabled(false)
                    .setProxyPreferredAuthSchemes(List.of(StandardAuthScheme.BASIC))
                    .build())
            // Challenges of registries are answered above this.
            .setTargetAuthenticationStrategy((type, challenges, context) -> List.of())
            .setUserAgent("sluice")
            .disableRedirectHandling()
            .disableAutomaticRetries()
            .disableCookieManagement()
            .disableContentCompression()
            .disableConnectionState();
    proxy.ifPresent(through -> use(builder, through));
    return builder.build();
  }

  private static void use(HttpClientBuilder builder, Proxy proxy) {
    var host = new HttpHost("http", null, proxy.host(), proxy.port());
    builder.setProxy(host);
    if (proxy.user() != null) {
      builder.setDefaultCredentialsProvider(
          CredentialsProviderBuilder.create()
              .add(
                  new AuthScope(host),
                  new UsernamePasswordCredentials(proxy.user(), proxy.password().toCharArray()))
              .build());
    }
  }

  private PoolingHttpClientConnectionManager connections(Reach least) {
    return PoolingHttpClientConnectionManagerBuilder.create()
        .setDnsResolver(new JudgingResolver(least))
        .setTlsSocketStrategy(new DefaultClientTlsStrategy(tls))
        .setDefaultTlsConfig(
            TlsConfig.custom()
                .setHandshakeTimeout(timeout(timeouts.connect()))
                .setSupportedProtocols("TLSv1.3", "TLSv1.2")
                .build())
        .setDefaultConnectionConfig(
            ConnectionConfig.custom()
                .setConnectTimeout(timeout(timeouts.connect()))
                .setSocketTimeout(timeout(timeouts.idle()))
                // A chunk that is sent twice is a chunk out of order, so every kept connection is
                // looked at before it is used.
                .setValidateAfterInactivity(TimeValue.ZERO_MILLISECONDS)
                .setTimeToLive(TimeValue.ofMinutes(5))
                .build())
        .setConnectionFactory(
            ManagedHttpClientConnectionFactory.builder()
                .http1Config(
                    Http1Config.custom()
                        .setMaxLineLength(MAX_LINE)
                        .setMaxHeaderCount(MAX_FIELDS)
                        .build())
                // A registry may refuse an upload before all of it is sent.
                .responseOutOfOrderStrategy(MonitoringResponseOutOfOrderStrategy.INSTANCE)
                .build())
        .setMaxConnPerRoute(MAX_CONNECTIONS)
        .setMaxConnTotal(MAX_CONNECTIONS)
        .build();
  }

  private static Timeout timeout(Duration duration) {
    return Timeout.ofMilliseconds(duration.toMillis());
  }
}
