package dev.sluice.control;

import static dev.sluice.control.TestGateway.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.RawClient;
import dev.sluice.http.testing.TestUpstream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keeps web pages, strangers and endless bodies away from the admin API. */
@ExtendWith(LeakCheck.class)
class AdminAccessTest {
  private final Transport transport = Transport.create(1);
  private final TestUpstream upstream = TestUpstream.echo(transport, null);
  @TempDir private Path folder;

  @AfterEach
  void close() {
    transport.close();
  }

  private String frame() {
    return TestGateway.frame(upstream.port());
  }

  private String withToken(String token) {
    return frame()
        .replace("\"127.0.0.1:0\"}\nthreads", "\"127.0.0.1:0\", token: " + token + "}\nthreads");
  }

  /** Sends a request with the header fields given and returns the status. */
  private static int status(TestGateway gateway, String request, String... fields) {
    try (var client = new RawClient(loopback(gateway.gateway().adminAddress()))) {
      client.send(request + " HTTP/1.1\r\n" + String.join("\r\n", fields) + "\r\n\r\n");
      return Integer.parseInt(client.readHead().substring(9, 12));
    }
  }

  private static InetSocketAddress loopback(InetSocketAddress address) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), address.getPort());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        "LocalHost:9901",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.8.8.8",
        "[::1]:80"
      })
  void answersTheNamesOfThisHost(String host) {
    try (var gateway = TestGateway.start(folder, frame())) {
      assertThat(status(gateway, "GET /config", "host: " + host)).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:9901",
        "192.0.2.1"
      })
  void refusesOtherNamesAsDnsRebindingBringsThem(String host) {
    try (var gateway = TestGateway.start(folder, frame())) {
      assertThat(status(gateway, "GET /config", "host: " + host)).isEqualTo(403);
      assertThat(status(gateway, "POST /drain", "host: " + host, "content-length: 0"))
          .isEqualTo(403);
      assertThat(status(gateway, "GET /readyz", "host: localhost")).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"http://evil.example", "https://localhost.evil.example", "null", "file://", "%%"})
  void refusesRequestsOfForeignPages(String origin) {
    try (var gateway = TestGateway.start(folder, frame())) {
      assertThat(
              status(
                  gateway,
                  "POST /drain",
                  "host: localhost",
                  "origin: " + origin,
                  "content-length: 0"))
          .isEqualTo(403);
      assertThat(status(gateway, "GET /readyz", "host: localhost")).isEqualTo(200);
    }
  }

  @Test
  void answersPagesOfThisHost() {
    try (var gateway = TestGateway.start(folder, frame())) {
      assertThat(status(gateway, "GET /config", "host: localhost", "origin: http://localhost:3000"))
          .isEqualTo(200);
    }
  }

  @Test
  void asksForTheTokenEverywhere() {
    try (var gateway = TestGateway.start(folder, withToken("t0ps3cret"))) {
      for (var path : new String[] {"/healthz", "/metrics", "/config", "/none"}) {
        var without = gateway.admin("GET", path);
        assertThat(without.statusCode()).as(path).isEqualTo(401);
        assertThat(without.headers().firstValue("www-authenticate")).contains("Bearer");
        assertThat(without.body()).doesNotContain("t0ps3cret");
      }
      for (var wrong : new String[] {"Bearer t0ps3cre", "Bearer t0ps3crett", "Basic t0ps3cret"}) {
        assertThat(gateway.admin("GET", "/config", "", "authorization", wrong).statusCode())
            .as(wrong)
            .isEqualTo(401);
      }
      for (var right : new String[] {"Bearer t0ps3cret", "bearer t0ps3cret"}) {
        var with = gateway.admin("GET", "/config", "", "authorization", right);
        assertThat(with.statusCode()).as(right).isEqualTo(200);
        assertThat(with.body()).doesNotContain("t0ps3cret").contains("***");
      }
    }
  }

  @Test
  void takesAChangedTokenAtOnce() {
    try (var gateway = TestGateway.start(folder, withToken("first"))) {
      gateway.replace(withToken("second"));

      eventually()
          .untilAsserted(
              () ->
                  assertThat(
                          gateway
                              .admin("GET", "/healthz", "", "authorization", "Bearer second")
                              .statusCode())
                      .isEqualTo(200));
      assertThat(gateway.admin("GET", "/healthz", "", "authorization", "Bearer first").statusCode())
          .isEqualTo(401);
    }
  }

  @Test
  void staysClosedWhenAReachableAddressLosesItsToken() {
    var open = "admin: {address: \"0.0.0.0:0\", token: t0ps3cret}";
    var local = "admin: {address: \"127.0.0.1:0\"}";
    var rest = frame().substring(frame().indexOf('\n') + 1);
    try (var gateway = TestGateway.start(folder, open + "\n" + rest)) {
      gateway.replace(local + "\n" + rest + "drainTimeout: 7s\n");

      eventually()
          .untilAsserted(
              () ->
                  assertThat(
                          gateway
                              .admin("GET", "/config", "", "authorization", "Bearer t0ps3cret")
                              .body())
                      .contains("7s"));
      assertThat(gateway.admin("GET", "/healthz").statusCode()).isEqualTo(401);
    }
  }

  @Test
  void refusesABodyThatIsTooLong() {
    try (var gateway = TestGateway.start(folder, frame())) {
      var response = gateway.admin("PUT", "/config", "#".repeat(ConfigReader.MAX_BYTES + 1));

      assertThat(response.statusCode()).isEqualTo(413);
      assertThat(TestGateway.json(response).path("code").asString()).isEqualTo("body_too_large");
      assertThat(gateway.admin("GET", "/healthz").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void refusesAStrangerBeforeItsBody() {
    try (var gateway = TestGateway.start(folder, withToken("t0ps3cret"));
        var client = new RawClient(loopback(gateway.gateway().adminAddress()))) {
      client.send("PUT /config HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9999999\r\n\r\n");

      assertThat(client.readHead()).startsWith("HTTP/1.1 401");
    }
  }

  @Test
  void refusesABodyThatIsNoText() {
    try (var gateway = TestGateway.start(folder, frame());
        var client = new RawClient(loopback(gateway.gateway().adminAddress()))) {
      client
          .send("PUT /config HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n")
          .send(new byte[] {(byte) 0xff, (byte) 0xfe});

      assertThat(client.readHead()).startsWith("HTTP/1.1 400");
    }
  }

  @Test
  void refusesAPathThatIsNotEncoded() {
    try (var gateway = TestGateway.start(folder, frame())) {
      assertThat(status(gateway, "GET /plugins/%zz", "host: localhost")).isEqualTo(400);
    }
  }

  @Test
  void answersAChunkedBodyWithTrailers() {
    var config = frame() + "drainTimeout: 9s\n";
    try (var gateway = TestGateway.start(folder, frame());
        var client = new RawClient(loopback(gateway.gateway().adminAddress()))) {
      client.send(
          "PUT /config HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"
              + Integer.toHexString(config.length())
              + "\r\n"
              + config
              + "\r\n0\r\nx-last: 1\r\n\r\n");

      assertThat(client.readHead()).startsWith("HTTP/1.1 200");
      assertThat(gateway.json("/config").path("drainTimeout").asString()).isEqualTo("9s");
    }
  }
}
