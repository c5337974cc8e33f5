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
import dev.sluice.http.testing.TestAuthority;
import dev.sluice.http.testing.TestClient;
import dev.sluice.http.testing.TestUpstream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(LeakCheck.class)
class TlsTest {
  private final Transport transport = Transport.create(1);
  private final Path dir;
  private final TestAuthority authority;
  private final KeyPairFiles localhost;
  private final Path ca;

  TlsTest(@TempDir Path dir) {
    this.dir = dir;
    authority = TestAuthority.create(dir, "test");
    localhost = authority.issue("localhost");
    ca = authority.ca();
  }

  @AfterEach
  void stop() {
    transport.close();
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
  void choosesTheCertificateByServerName() {
    var other = authority.issue("other.example");
    var wild = authority.issue("*.wild.example");
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
      assertThat(exchange.complete().exceptionNow()).hasMessageContaining("certification path");
      var trusting = get(upstream, ProtocolChoice.AUTO, new ClientTls(null, null, null, true));
      assertThat(trusting.headers().join().status()).isEqualTo(200);
    }
  }

  @Test
  void asksForAClientCertificate() {
    var own = authority.issue("client.example");
    try (var upstream = TestUpstream.echo(transport, server(ca, localhost))) {
      var with = get(upstream, ProtocolChoice.AUTO, new ClientTls(ca, null, own, false));
      assertThat(with.headers().join().status()).isEqualTo(200);
      var without = get(upstream, ProtocolChoice.AUTO, new ClientTls(ca, null, null, false));
      assertThat(without.reset()).isCompleted();
    }
  }

  @Test
  void renewsCertificatesForNewConnections() throws Exception {
    var pair = authority.issue("before.example", "renewed");
    try (var upstream = TestUpstream.echo(transport, server(null, pair))) {
      var before = new ClientTls(ca, "before.example", null, false);
      var after = new ClientTls(ca, "after.example", null, false);
      assertThat(get(upstream, ProtocolChoice.AUTO, before).headers()).isCompleted();

      authority.issue("after.example", "renewed");
      var renewal = upstream.server().renewCertificates();
      assertThat(get(upstream, ProtocolChoice.AUTO, after).reset()).isCompleted();
      renewal.run();
      assertThat(get(upstream, ProtocolChoice.AUTO, after).headers().join().status())
          .isEqualTo(200);

      Files.writeString(pair.key(), "nonsense");
      assertThatThrownBy(() -> upstream.server().renewCertificates())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("renewed.key");
      assertThat(get(upstream, ProtocolChoice.AUTO, after).headers().join().status())
          .isEqualTo(200);
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
    try (var secure = TestUpstream.echo(transport, server(null, localhost));
        var plain = TestUpstream.echo(transport, null);
        var client =
            HttpClient.newBuilder().version(version).sslContext(authority.context()).build()) {
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
