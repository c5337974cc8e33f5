package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;
import static org.awaitility.Awaitility.await;

import dev.sluice.control.ConfigException;
import dev.sluice.http.ConnectionLimits;
import dev.sluice.http.ServerTls;
import dev.sluice.http.ServerTls.KeyPairFiles;
import dev.sluice.http.Timeouts;
import dev.sluice.http.Transport;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestAuthority;
import dev.sluice.http.testing.TestUpstream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Takes TLS of the JDK to the listener, and the gateway's TLS to upstreams. */
@ExtendWith(LeakCheck.class)
class ProtocolTlsTest {
  private final Transport others = Transport.create(1);
  private final Path folder;
  private final TestAuthority authority;
  private final TestAuthority stranger;

  ProtocolTlsTest(@TempDir Path folder) {
    this.folder = folder;
    authority = TestAuthority.create(folder, "test");
    stranger = TestAuthority.create(folder, "stranger");
  }

  @AfterEach
  void stop() {
    others.close();
  }

  /**
   * What a handshake agreed on.
   *
   * @param name the common name of the server's certificate
   */
  private record Agreed(String name, String protocol, String tls) {}

  /**
   * Shakes hands with a context of its own: the JDK would resume, and then ask for the name before.
   */
  private Agreed shake(int port, @Nullable String name, String version, String... protocols)
      throws IOException {
    var factory = authority.context().getSocketFactory();
    try (var socket = (SSLSocket) factory.createSocket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(60_000);
      var parameters = socket.getSSLParameters();
      parameters.setProtocols(new String[] {version});
      parameters.setApplicationProtocols(protocols);
      if (name != null) {
        parameters.setServerNames(List.of(new SNIHostName(name)));
      }
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      var session = socket.getSession();
      var certificate = (X509Certificate) session.getPeerCertificates()[0];
      return new Agreed(
          certificate.getSubjectX500Principal().getName().replace("CN=", ""),
          socket.getApplicationProtocol(),
          session.getProtocol());
    }
  }

  private static String entry(KeyPairFiles pair) {
    return "{cert: \"%s\", key: \"%s\"}".formatted(pair.cert(), pair.key());
  }

  private static String listener(String further, KeyPairFiles... pairs) {
    var entries = java.util.stream.Stream.of(pairs).map(ProtocolTlsTest::entry).toList();
    return """
    listeners:
      - {name: web, address: "127.0.0.1:0"}
      - {name: secure, address: "127.0.0.1:0", tls: {certificates: [%s]%s}}
    """
        .formatted(String.join(", ", entries), further);
  }

  private static String upstream(int port, String protocol, String tls) {
    return """
    upstreams: [{name: up, protocol: %s, endpoints: [{address: "localhost:%d"}], tls: {%s}}]
    routes: [{name: all, upstream: up}]
    """
        .formatted(protocol, port, tls);
  }

  private static String plainUpstream(int port) {
    return """
    upstreams: [{name: up, endpoints: [{address: "127.0.0.1:%d"}]}]
    routes: [{name: all, upstream: up}]
    """
        .formatted(port);
  }

  private TestUpstream hello() {
    return TestUpstream.start(others, exchange -> exchange.respond(200, "hello"));
  }

  private TestUpstream helloOverTls(@Nullable Path clientCa) {
    return TestUpstream.start(
        others,
        new ServerTls(List.of(authority.issue("localhost")), clientCa),
        Timeouts.DEFAULT,
        ConnectionLimits.DEFAULT,
        exchange ->
            exchange.respond(200, "hello over " + exchange.stream().connection().protocol()));
  }

  private static HttpResponse<String> get(HttpClient client, String uri)
      throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(URI.create(uri)).timeout(Duration.ofSeconds(60)).build();
    return client.send(request, BodyHandlers.ofString());
  }

  private static HttpResponse<String> get(String uri) throws IOException, InterruptedException {
    try (var client = HttpClient.newHttpClient()) {
      return get(client, uri);
    }
  }

  @ParameterizedTest
  @CsvSource({"TLSv1.3", "TLSv1.2"})
  void choosesCertificateAndProtocol(String version) throws IOException {
    var config =
        listener(
            "",
            authority.issue("first.example"),
            authority.issue("second.example"),
            authority.issue("*.wild.example"));
    try (var upstream = hello();
        var gateway = ProtocolGateway.start(folder, config + plainUpstream(upstream.port()))) {
      int port = gateway.port("secure");
      assertThat(shake(port, "second.example", version, "h2", "http/1.1"))
          .isEqualTo(new Agreed("second.example", "h2", version));
      assertThat(shake(port, "SECOND.example", version, "http/1.1", "h2"))
          .isEqualTo(new Agreed("second.example", "h2", version));
      assertThat(shake(port, "a.wild.example", version, "http/1.1"))
          .isEqualTo(new Agreed("*.wild.example", "http/1.1", version));
      assertThat(shake(port, "a.b.wild.example", version))
          .isEqualTo(new Agreed("first.example", "", version));
      assertThat(shake(port, null, version, "unknown"))
          .isEqualTo(new Agreed("first.example", "", version));
    }
  }

  @Test
  void refusesOldVersions() {
    var config = listener("", authority.issue("localhost"));
    try (var gateway = ProtocolGateway.start(folder, config)) {
      assertThatThrownBy(() -> shake(gateway.port("secure"), null, "TLSv1.1", "h2"))
          .isInstanceOf(SSLException.class);
    }
  }

  @ParameterizedTest
  @EnumSource(HttpClient.Version.class)
  void asksForClientCertificates(HttpClient.Version version) throws Exception {
    var config = listener(", clientCa: \"" + authority.ca() + "\"", authority.issue("localhost"));
    try (var upstream = hello();
        var gateway = ProtocolGateway.start(folder, config + plainUpstream(upstream.port()));
        var known = client(version, authority.contextWith("client.example"));
        var unknown = client(version, authority.context())) {
      var uri = "https://localhost:" + gateway.port("secure") + "/";
      var response = get(known, uri);
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.version()).isEqualTo(version);
      assertThatThrownBy(() -> get(unknown, uri)).isInstanceOf(IOException.class);
    }
  }

  private static HttpClient client(HttpClient.Version version, SSLContext context) {
    return HttpClient.newBuilder().version(version).sslContext(context).build();
  }

  @ParameterizedTest
  @CsvSource({"auto, HTTP_2", "h2, HTTP_2", "http/1.1, HTTP_1_1"})
  void speaksTlsToAnUpstreamThatItCanVerify(String protocol, String spoken) throws Exception {
    var tls = "ca: \"" + authority.ca() + "\"";
    try (var upstream = helloOverTls(null);
        var gateway =
            ProtocolGateway.start(
                folder,
                listener("", authority.issue("x")) + upstream(upstream.port(), protocol, tls))) {
      var response = get("http://localhost:" + gateway.port("web") + "/");
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.body()).isEqualTo("hello over " + spoken);
    }
  }

  @ParameterizedTest
  @CsvSource({"ca", "name", "no ca"})
  void refusesAnUpstreamThatItCannotVerify(String wrong) throws Exception {
    var tls =
        switch (wrong) {
          case "ca" -> "ca: \"" + stranger.ca() + "\"";
          case "name" -> "ca: \"" + authority.ca() + "\", sni: other.example";
          default -> "";
        };
    try (var upstream = helloOverTls(null);
        var gateway =
            ProtocolGateway.start(
                folder,
                listener("", authority.issue("x")) + upstream(upstream.port(), "auto", tls))) {
      var response = get("http://localhost:" + gateway.port("web") + "/");
      assertThat(response.statusCode()).isEqualTo(502);
      assertThat(response.body()).contains("upstream_connect_failed");
      assertThat(upstream.exchanges()).isEmpty();
      await()
          .untilAsserted(
              () ->
                  assertThat(gateway.accessLog())
                      .singleElement(STRING)
                      .contains("\"upstream\":\"up\"")
                      .contains("no TLS with localhost")
                      .contains(wrong.equals("name") ? "other.example" : "certification path"));
    }
  }

  @Test
  void showsItsOwnCertificateToAnUpstream() throws Exception {
    var own = authority.issue("gateway.example");
    var tls = "ca: \"" + authority.ca() + "\"";
    try (var upstream = helloOverTls(authority.ca())) {
      var config = listener("", authority.issue("x"));
      var with = tls + ", clientCertificate: " + entry(own);
      try (var gateway =
          ProtocolGateway.start(folder, config + upstream(upstream.port(), "auto", with))) {
        assertThat(get("http://localhost:" + gateway.port("web") + "/").statusCode())
            .isEqualTo(200);
      }
      try (var gateway =
          ProtocolGateway.start(folder, config + upstream(upstream.port(), "auto", tls))) {
        assertThat(get("http://localhost:" + gateway.port("web") + "/").statusCode())
            .isEqualTo(502);
      }
    }
  }

  @Test
  void aReloadTakesRenewedCertificates() throws Exception {
    var renewed = authority.issue("before.example", "renewed");
    try (var upstream = hello();
        var gateway =
            ProtocolGateway.start(folder, listener("", renewed) + plainUpstream(upstream.port()))) {
      int port = gateway.port("secure");
      assertThat(shake(port, null, "TLSv1.3").name()).isEqualTo("before.example");

      authority.issue("after.example", "renewed");
      gateway.reload();
      assertThat(gateway.port("secure")).isEqualTo(port);
      assertThat(shake(port, null, "TLSv1.3").name()).isEqualTo("after.example");

      Files.writeString(renewed.cert(), "nonsense");
      assertThatThrownBy(gateway::reload)
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("renewed.pem");
      assertThat(shake(port, null, "TLSv1.3").name()).isEqualTo("after.example");
    }
  }

  @Test
  void aReloadTakesRenewedAuthoritiesOfAnUpstream() throws Exception {
    var ca = Files.copy(stranger.ca(), folder.resolve("trusted.pem"));
    try (var upstream = helloOverTls(null);
        var gateway =
            ProtocolGateway.start(
                folder,
                listener("", authority.issue("x"))
                    + upstream(upstream.port(), "auto", "ca: trusted.pem"))) {
      var uri = "http://localhost:" + gateway.port("web") + "/";
      assertThat(get(uri).statusCode()).isEqualTo(502);
      Files.writeString(ca, Files.readString(authority.ca()));
      gateway.reload();
      assertThat(get(uri).statusCode()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @CsvSource({"listener", "upstream"})
  void aFileThatIsNoCertificateIsRefusedAtTheStart(String place) throws IOException {
    var broken =
        Files.write(folder.resolve("broken.pem"), "nonsense".getBytes(StandardCharsets.UTF_8));
    var good = authority.issue("x");
    var config =
        place.equals("listener")
            ? listener("", new KeyPairFiles(broken, good.key()))
            : listener("", good) + upstream(1, "auto", "ca: broken.pem");
    assertThatThrownBy(() -> ProtocolGateway.start(folder, config))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("broken.pem")
        .hasMessageContaining(place + "s");
  }
}
