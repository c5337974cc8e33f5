package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestAuthority;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Has Node's HTTP/2 client talk WebSocket (extended CONNECT, RFC 8441) through the gateway with
 * Netty's server over HTTP/1.1 and with Node's over HTTP/2.
 */
@Tag("peers")
@ExtendWith(LeakCheck.class)
class WebSocketOverHttp2Test {
  @TempDir Path folder;

  /** The script that is both client and server. */
  private static String script() {
    var resource = WebSocketOverHttp2Test.class.getResource("/peers/websocket.mjs");
    if (resource == null) {
      throw new IllegalStateException("no /peers/websocket.mjs on the class path");
    }
    try {
      return Path.of(resource.toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private String config(int port, String protocol, String plugins) {
    ProtocolGateway.headerPlugin(folder);
    var pair = TestAuthority.create(folder, "test").issue("localhost");
    return """
    drainTimeout: 1s
    listeners:
      - {name: http, address: "127.0.0.1:0"}
      - {name: https, address: "127.0.0.1:0", tls: {certificates: [{cert: "%s", key: "%s"}]}}
    upstreams: [{name: up, protocol: %s, endpoints: [{address: "127.0.0.1:%d"}]}]
    plugins: [{name: hello, url: "file:header.wasm"}]
    routes: [{name: all, upstream: up, plugins: [%s]}]
    """
        .formatted(pair.cert(), pair.key(), protocol, port, plugins);
  }

  private void talk(PeerProgram node, String scheme, String config) {
    try (var gateway = ProtocolGateway.start(folder, config)) {
      var result = node.run(script(), "talk", scheme + "://localhost:" + gateway.port(scheme));
      assertThat(result.code()).as(result.output()).isZero();
    }
  }

  @ParameterizedTest(name = "{0} with plugins [{1}]")
  @CsvSource({"http,''", "https,''", "http,hello", "https,hello"})
  void talksWithAServerOfHttp1(String scheme, String plugins) throws InterruptedException {
    var node = PeerProgram.find("node");
    try (var server = new WebSocketServer()) {
      talk(node, scheme, config(server.port(), "http/1.1", plugins));
      assertThat(server.event()).isEqualTo("close 4000 bye");
      assertThat(server.event()).isEqualTo("gone");
    }
  }

  @ParameterizedTest(name = "{0} with plugins [{1}]")
  @CsvSource({"http,''", "https,''", "http,hello", "https,hello"})
  void talksWithAServerOfHttp2(String scheme, String plugins) throws Exception {
    var node = PeerProgram.find("node");
    var server =
        new ProcessBuilder(node.binary().toString(), script(), "serve")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      talk(node, scheme, config(portOf(server), "h2", plugins));
    } finally {
      server.getOutputStream().close();
      assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static int portOf(Process server) throws IOException {
    var output = new BufferedReader(server.inputReader(StandardCharsets.UTF_8));
    var line = output.readLine();
    assertThat(line).as("the port").isNotNull();
    return Integer.parseInt(String.valueOf(line));
  }
}
