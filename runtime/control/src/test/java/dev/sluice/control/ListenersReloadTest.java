package dev.sluice.control;

import static dev.sluice.control.TestGateway.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.RawClient;
import dev.sluice.http.testing.TestUpstream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Adds, changes and removes listeners of a running gateway. */
@ExtendWith(LeakCheck.class)
class ListenersReloadTest {
  private static final String WEB = "{name: web, address: \"127.0.0.1:0\"}";
  private static final String MORE = "{name: more, address: \"127.0.0.1:0\"}";

  private final Transport transport = Transport.create(1);
  private final TestUpstream upstream =
      TestUpstream.start(
          transport, exchange -> exchange.complete().thenAccept(e -> e.respond(200, "hello")));
  @TempDir private Path folder;

  @AfterEach
  void close() {
    transport.close();
  }

  private String with(String... listeners) {
    return """
    admin: {address: "127.0.0.1:0"}
    accessLog: {}
    threads: 2
    drainTimeout: 20s
    listeners: [%s]
    upstreams: [{name: api, endpoints: [{address: "127.0.0.1:%d"}]}]
    routes: [{name: all, upstream: api}]
    """
        .formatted(String.join(", ", listeners), upstream.port());
  }

  private static void put(TestGateway gateway, String config) {
    var response = gateway.admin("PUT", "/config", config);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
  }

  private static String exchange(RawClient client) {
    return client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").readUntil("hello");
  }

  private static boolean connects(InetSocketAddress address) {
    try (var socket = new Socket()) {
      socket.connect(address, 5_000);
      return true;
    } catch (ConnectException e) {
      return false;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void bindsAListenerThatIsAddedAndLeavesTheOthersAlone() {
    try (var gateway = TestGateway.start(folder, with(WEB));
        var before = new RawClient(gateway.address("web"))) {
      exchange(before);
      var web = gateway.address("web");

      put(gateway, with(WEB, MORE));

      assertThat(gateway.address("web")).isEqualTo(web);
      assertThat(exchange(before)).as("the same connection").startsWith("HTTP/1.1 200");
      try (var client = new RawClient(gateway.address("more"))) {
        assertThat(exchange(client)).startsWith("HTTP/1.1 200");
        assertThat(gateway.metric("sluice_listener_connections{listener=\"more\"}")).isEqualTo(1);
      }
    }
  }

  @Test
  void drainsTheOpenConnectionsOfAListenerThatIsRemoved() {
    try (var gateway = TestGateway.start(folder, with(WEB, MORE));
        var idle = new RawClient(gateway.address("more"));
        var busy = new RawClient(gateway.address("more"))) {
      var more = gateway.address("more");
      exchange(idle);
      busy.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\n12");
      eventually()
          .untilAsserted(() -> assertThat(gateway.metric("sluice_active_exchanges")).isEqualTo(1));

      put(gateway, with(WEB));

      assertThat(idle.readAll()).as("closed at once").isEmpty();
      eventually().until(() -> !connects(more));
      assertThat(gateway.gateway().addresses()).containsOnlyKeys("web");
      assertThat(gateway.get("/").statusCode()).isEqualTo(200);

      busy.send("3");
      assertThat(busy.readHead())
          .startsWith("HTTP/1.1 200")
          .containsIgnoringCase("connection: close");
      assertThat(busy.readAll()).isEqualTo("hello");
    }
  }

  @Test
  void endsWhatIsLeftOfARemovedListenerAfterTheDrainTimeout() {
    try (var gateway = TestGateway.start(folder, with(WEB, MORE));
        var busy = new RawClient(gateway.address("more"))) {
      busy.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\n12");
      eventually()
          .untilAsserted(() -> assertThat(gateway.metric("sluice_active_exchanges")).isEqualTo(1));

      put(gateway, with(WEB).replace("drainTimeout: 20s", "drainTimeout: 50ms"));

      eventually()
          .untilAsserted(() -> assertThat(gateway.metric("sluice_active_exchanges")).isZero());
    }
  }

  @Test
  void changesTheSettingsOfAListenerOnTheSamePort() throws IOException {
    int port;
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    var fixed = "{name: web, address: \"127.0.0.1:" + port + "\"}";
    try (var gateway = TestGateway.start(folder, with(fixed));
        var before = new RawClient(gateway.address("web"))) {
      exchange(before);

      put(gateway, with(fixed.replace("}", ", limits: {headerBytes: 1KiB}}")));

      assertThat(gateway.address("web").getPort()).isEqualTo(port);
      assertThat(before.readAll()).as("of the listener before").isEmpty();
      eventually()
          .untilAsserted(
              () ->
                  assertThat(gateway.get("/", "x-long", "x".repeat(2000)).statusCode())
                      .isEqualTo(431));
      assertThat(gateway.get("/").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void keepsEverythingWhenOneAddressCannotBeBound() throws IOException {
    try (var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var gateway = TestGateway.start(folder, with(WEB))) {
      var web = gateway.address("web");
      var taken = "{name: taken, address: \"127.0.0.1:" + other.getLocalPort() + "\"}";

      var response = gateway.admin("PUT", "/config", with(MORE, taken));

      assertThat(response.statusCode()).isEqualTo(422);
      var error = TestGateway.json(response).at("/errors/0");
      assertThat(error.path("path").asString()).isEqualTo("listeners[1]");
      assertThat(error.path("line").asInt()).isEqualTo(5);
      assertThat(error.path("message").asString())
          .startsWith("listener taken: cannot bind 127.0.0.1:%d: ".formatted(other.getLocalPort()))
          .contains("Address already in use")
          .doesNotContain("Exception");
      assertThat(gateway.gateway().addresses()).containsOnlyKeys("web");
      assertThat(gateway.address("web")).isEqualTo(web);
      assertThat(gateway.get("/").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void namesTheListenerThatCannotBeBoundAtTheStart() throws IOException {
    try (var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var taken = "{name: taken, address: \"127.0.0.1:" + other.getLocalPort() + "\"}";

      assertThatThrownBy(() -> TestGateway.start(folder, with(WEB, taken)))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("sluice.yaml:5:")
          .hasMessageContaining("listeners[1]: listener taken: cannot bind");
    }
  }

  @Test
  void listensAtSeveralAddresses() {
    var both = "{name: web, addresses: [\"127.0.0.1:0\", \"127.0.0.2:0\"]}";
    try (var gateway = TestGateway.start(folder, with(both))) {
      var addresses = gateway.gateway().addresses().getOrDefault("web", List.of());
      assertThat(addresses).hasSize(2);
      for (var address : addresses) {
        try (var client = new RawClient(address)) {
          assertThat(exchange(client)).startsWith("HTTP/1.1 200");
        }
      }
    }
  }
}
