package dev.sluice.http.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.http.ClientTls;
import dev.sluice.http.ConnectionLimits;
import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.Protocol;
import dev.sluice.http.ServerTls;
import dev.sluice.http.ServerTls.KeyPairFiles;
import dev.sluice.http.StreamError;
import dev.sluice.http.Timeouts;
import dev.sluice.http.Transport;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestClient;
import dev.sluice.http.testing.TestUpstream;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(LeakCheck.class)
class TlsTest {
  private final Transport transport = Transport.create(1);
  @TempDir Path dir;
  private X509Bundle authority = placeholder();
  private KeyPairFiles localhost = new KeyPairFiles(Path.of("-"), Path.of("-"));
  private Path ca = Path.of("-");

  private static X509Bundle placeholder() {
    return build(
        new CertificateBuilder().subject("CN=Test CA").setIsCertificateAuthority(true), null);
  }

  private static X509Bundle build(CertificateBuilder builder, @Nullable X509Bundle issuer) {
    try {
      var ready = builder.ecp256();
      return issuer == null ? ready.buildSelfSigned() : ready.buildIssuedBy(issuer);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @BeforeEach
  void certificates() throws Exception {
    ca = Files.writeString(dir.resolve("ca.pem"), authority.getCertificatePEM());
    localhost = issue("localhost");
  }

  @AfterEach
  void stop() {
    transport.close();
  }

  private KeyPairFiles issue(String name) throws Exception {
    var bundle =
        build(
            new CertificateBuilder()
                .subject("CN=" + name)
                .addExtensionOctetString("2.5.29.17", false, alternativeName(name)),
            authority);
    return new KeyPairFiles(
        Files.writeString(dir.resolve(name + ".pem"), bundle.getCertificatePathPEM()),
        Files.writeString(dir.resolve(name + ".key"), bundle.getPrivateKeyPEM()));
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

  private ServerTls server(@Nullable Path clientCa, KeyPairFiles... pairs) {
    return new ServerTls(List.of(pairs), clientCa);
  }

  private static InetSocketAddress named(TestUpstream upstream) {
    return InetSocketAddress.createUnresolved("localhost", upstream.port());
  }

  private Exchange get(TestUpstream upstream, ProtocolChoice choice, ClientTls tls) {
    try (var client = new TestClient(transport, choice, tls)) {
      var exchange = client.send(named(upstream), TestClient.request("GET", "/"));
      exchange.closed().orTimeout(10, TimeUnit.SECONDS).join();
      return exchange;
    }
  }

  @ParameterizedTest
  @EnumSource(ProtocolChoice.class)
  void speaksWhatWasNegotiated(ProtocolChoice choice) {
    try (var upstream = TestUpstream.echo(transport, server(null, localhost))) {
      var exchange = get(upstream, choice, new ClientTls(ca, null, null, false));
      assertThat(exchange.headers().join().get("x-echo-scheme"))
          .isEqualTo("http" + (choice == ProtocolChoice.HTTP_1_1 ? "s" : ""));
      assertThat(exchange.stream().connection().protocol())
          .isEqualTo(choice == ProtocolChoice.HTTP_1_1 ? Protocol.HTTP_1_1 : Protocol.HTTP_2);
      assertThat(exchange.stream().connection().tls()).isNotNull();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ProtocolChoice.class,
      names = {"HTTP_1_1", "HTTP_2"})
  void movesLargeBodies(ProtocolChoice choice) {
    try (var upstream = TestUpstream.echo(transport, server(null, localhost));
        var client = new TestClient(transport, choice, new ClientTls(ca, null, null, false))) {
      var exchange =
          client.send(
              named(upstream),
              TestClient.request("POST", "/"),
              false,
              sending -> sending.sendPattern(3 << 20, null));
      exchange.closed().orTimeout(20, TimeUnit.SECONDS).join();
      assertThat(exchange.received()).isEqualTo(3 << 20);
    }
  }

  @Test
  void choosesTheCertificateByServerName() throws Exception {
    var other = issue("other.example");
    var wild = issue("*.wild.example");
    try (var upstream =
        TestUpstream.start(
            transport,
            server(null, localhost, other, wild),
            Timeouts.DEFAULT,
            ConnectionLimits.DEFAULT,
            exchange -> exchange.respond(200, "" + exchange.stream().connection().serverName()))) {
      // A name without a dot is not sent: the first certificate answers.
      assertThat(get(upstream, ProtocolChoice.AUTO, new ClientTls(ca, null, null, false)).text())
          .isEqualTo("null");
      for (var name : List.of("other.example", "a.wild.example")) {
        var exchange = get(upstream, ProtocolChoice.AUTO, new ClientTls(ca, name, null, false));
        assertThat(exchange.text()).isEqualTo(name);
      }
      var wrong =
          get(upstream, ProtocolChoice.AUTO, new ClientTls(ca, "unknown.example", null, false));
      assertThat(wrong.reset().join()).isEqualTo(StreamError.CONNECTION_LOST);
    }
  }

  @Test
  void refusesAnUpstreamThatItCannotVerify() {
    try (var upstream = TestUpstream.echo(transport, server(null, localhost))) {
      var exchange = get(upstream, ProtocolChoice.AUTO, new ClientTls(null, null, null, false));
      assertThat(exchange.reset().join()).isEqualTo(StreamError.CONNECTION_LOST);
      var trusting = get(upstream, ProtocolChoice.AUTO, new ClientTls(null, null, null, true));
      assertThat(trusting.headers().join().status()).isEqualTo(200);
    }
  }

  @Test
  void asksForAClientCertificate() throws Exception {
    var own = issue("client.example");
    try (var upstream = TestUpstream.echo(transport, server(ca, localhost))) {
      var with = get(upstream, ProtocolChoice.AUTO, new ClientTls(ca, null, own, false));
      assertThat(with.headers().join().status()).isEqualTo(200);
      var without = get(upstream, ProtocolChoice.AUTO, new ClientTls(ca, null, null, false));
      assertThat(without.reset()).isCompleted();
    }
  }

  @Test
  void namesTheFileThatIsNoCertificate() throws Exception {
    var broken = Files.writeString(dir.resolve("broken.pem"), "nonsense");
    assertThatThrownBy(
            () ->
                TestUpstream.echo(
                    transport, server(null, new KeyPairFiles(broken, localhost.key()))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("broken.pem");
  }

  @ParameterizedTest
  @EnumSource(HttpClient.Version.class)
  void servesTheHttpClientOfTheJdk(HttpClient.Version version) throws Exception {
    var context = SSLContext.getInstance("TLS");
    context.init(null, authority.toTrustManagerFactory().getTrustManagers(), null);
    try (var secure = TestUpstream.echo(transport, server(null, localhost));
        var plain = TestUpstream.echo(transport, null);
        var client = HttpClient.newBuilder().version(version).sslContext(context).build()) {
      for (var uri :
          List.of("https://localhost:" + secure.port(), "http://localhost:" + plain.port())) {
        for (int size : new int[] {0, 1, 1 << 20}) {
          var response =
              client.send(
                  HttpRequest.newBuilder(URI.create(uri + "/x"))
                      .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[size]))
                      .build(),
                  BodyHandlers.ofByteArray());
          assertThat(response.statusCode()).isEqualTo(200);
          assertThat(response.body()).hasSize(size);
        }
      }
    }
  }
}
