package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.plugin.Headers;
import dev.sluice.wasm.testing.Wat;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Loads plugins that loop in each callback that a host can make, ask for more than they may have,
 * or are monstrous, beside plugins that serve; nothing of them is left afterwards.
 */
class HostileCallbacksTest {
  private static final String LOOP = "(loop $again (br $again))";
  private static final String HEAD =
      """
      (import "env" "proxy_http_call" (func $http
        (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
      (import "env" "proxy_grpc_call" (func $grpc
        (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
      (import "env" "proxy_register_shared_queue" (func $queue (param i32 i32 i32) (result i32)))
      (import "env" "proxy_enqueue_shared_queue" (func $put (param i32 i32 i32) (result i32)))
      (func (export "proxy_abi_version_0_2_1"))
      (memory (export "memory") 2)
      (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 65536))
      (data (i32.const 16) "u")
      (data (i32.const 32) "\\03\\00\\00\\00\\07\\00\\00\\00\\03\\00\\00\\00\\05\\00\\00\\00\\06\\00\\00\\00\\0a\\00\\00\\00\\01\\00\\00\\00:method\\00GET\\00:path\\00/plain\\00:authority\\00u\\00")
      (data (i32.const 160) "dead")
      (func $call (result i32) (call $http (i32.const 16) (i32.const 1) (i32.const 32)
        (i32.const 73) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 5000)
        (i32.const 8)))
      """;

  /** A callback that loops, by name and parameters; some need another one that leads there. */
  private static final Map<String, String> STREAM_CALLBACKS =
      Map.ofEntries(
          Map.entry("context_create", "(param i32 i32) (if (local.get 1) (then LOOP))"),
          Map.entry("request_headers", "(param i32 i32 i32) (result i32) LOOP (i32.const 0)"),
          Map.entry("request_body", "(param i32 i32 i32) (result i32) LOOP (i32.const 0)"),
          Map.entry("request_trailers", "(param i32 i32) (result i32) LOOP (i32.const 0)"),
          Map.entry("response_headers", "(param i32 i32 i32) (result i32) LOOP (i32.const 0)"),
          Map.entry("response_body", "(param i32 i32 i32) (result i32) LOOP (i32.const 0)"),
          Map.entry("response_trailers", "(param i32 i32) (result i32) LOOP (i32.const 0)"),
          Map.entry("log", "(param i32) LOOP"),
          Map.entry("done", "(param i32) (result i32) LOOP (i32.const 1)"),
          Map.entry("delete", "(param i32) LOOP"),
          Map.entry("http_call_response", "(param i32 i32 i32 i32 i32) LOOP"),
          Map.entry("grpc_close", "(param i32 i32 i32) LOOP"),
          Map.entry("queue_ready", "(param i32 i32) LOOP"));

  private static final String ON_HEADERS =
      "(func (export \"proxy_on_request_headers\") (param i32 i32 i32) (result i32) ";
  private static final Map<String, String> LEADING_THERE =
      Map.of(
          "context_create", ON_HEADERS + "(i32.const 0))",
          "http_call_response", ON_HEADERS + "(drop (call $call)) (i32.const 1))",
          "grpc_close",
              ON_HEADERS
                  + "(drop (call $grpc (i32.const 160) (i32.const 4) (i32.const 16) (i32.const 1)"
                  + " (i32.const 16) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)"
                  + " (i32.const 0) (i32.const 5000) (i32.const 8))) (i32.const 1))",
          "queue_ready",
              ON_HEADERS
                  + "(drop (call $queue (i32.const 16) (i32.const 1) (i32.const 8)))"
                  + "(drop (call $put (i32.load (i32.const 8)) (i32.const 16) (i32.const 1)))"
                  + "(i32.const 0))");

  private final Transport transport = Transport.create(2);
  @TempDir private Path folder;
  private TestUpstream upstream;

  @BeforeEach
  void start() {
    upstream = TestUpstream.start(transport, HostileCallbacksTest::answer);
  }

  @AfterEach
  void close() {
    upstream.close();
    transport.close();
  }

  /** Answers with a body and trailers. */
  private static void answer(Exchange exchange) {
    exchange
        .complete()
        .thenAccept(
            done -> {
              exchange.stream().sendHeaders(Headers.of(":status", "200"), false);
              exchange.sendPattern(1000, Headers.of("x-trailer", "1"));
            });
  }

  private SwapGateway gateway(byte[] bad, String more) throws IOException {
    try (var closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return SwapGateway.start(
          folder,
          """
          listeners:
            - {name: web, address: "127.0.0.1:0"}
            - {name: raw, address: "127.0.0.1:0", protocol: tcp, upstream: u, plugins: [raw]}
          accessLog: {}
          threads: 2
          upstreams:
            - {name: u, endpoints: [{address: "127.0.0.1:%d"}]}
            - {name: dead, protocol: h2, endpoints: [{address: "127.0.0.1:%d"}]}
          routes:
            - {name: plain, match: {path: {exact: /plain}}, upstream: u}
            - {name: good, match: {path: {exact: /good}}, upstream: u, plugins: [hello]}
            - {name: bad, match: {path: {exact: /bad}}, upstream: u, plugins: [hello, bad]}
          plugins:
            - {name: hello, url: "%s", pluginConfig: {header: x-hello, value: world}}
            - {name: bad, url: "%s", grants: {http: [u], grpc: [dead]}, limits: {callTime: 20ms%s}}
            - {name: raw, type: NETWORK, url: "%s", limits: {callTime: 20ms}}
          """
              .formatted(
                  upstream.port(),
                  closed.getLocalPort(),
                  module("hello.wasm", SwapGateway.headerGuest()),
                  module("bad.wasm", bad),
                  more,
                  module("raw.wasm", bad)));
    }
  }

  private String module(String name, byte[] content) throws IOException {
    return "file:" + java.nio.file.Files.write(folder.resolve(name), content);
  }

  private static byte[] guest(String functions) {
    return Wat.assemble("(module " + HEAD + functions.replace("LOOP", LOOP) + ")");
  }

  static Stream<String> streamCallbacks() {
    return STREAM_CALLBACKS.keySet().stream().sorted();
  }

  /** Sends a request with body and trailers, and reads until the gateway closes or has answered. */
  private static void request(SwapGateway gateway) throws IOException {
    var address = gateway.web("/bad");
    try (var socket = new Socket(address.getHost(), address.getPort())) {
      socket.setSoTimeout(60_000);
      socket
          .getOutputStream()
          .write(
              "POST /bad HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nx-t: 1\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      socket.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
    } catch (java.net.SocketException e) {
      // A reset is how an exchange ends whose response had begun.
    }
  }

  @ParameterizedTest
  @MethodSource("streamCallbacks")
  void aLoopInAnyCallbackHarmsNobodyElse(String callback) throws IOException {
    var bad =
        guest(
            LEADING_THERE.getOrDefault(callback, "")
                + "(func (export \"proxy_on_"
                + callback
                + "\") "
                + STREAM_CALLBACKS.get(callback)
                + ")");
    try (var gateway = gateway(bad, "");
        var neighbours = new Neighbours(gateway)) {
      request(gateway);
      await()
          .atMost(SwapGateway.PATIENCE)
          .until(() -> gateway.metric("sluice_plugin_failures_total", "kind=\"timeout\"") > 0);
      expectNothingLeft(gateway);
      assertThat(neighbours.wrong()).isEmpty();
    }
  }

  private static void expectNothingLeft(SwapGateway gateway) {
    await()
        .atMost(SwapGateway.PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(gateway.metric("sluice_plugin_contexts", "plugin=\"bad\"")).isZero();
              assertThat(gateway.metric("sluice_plugin_contexts", "plugin=\"raw\"")).isZero();
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "new_connection (param i32) (result i32)",
        "downstream_data (param i32 i32 i32) (result i32)",
        "upstream_data (param i32 i32 i32) (result i32)",
        "downstream_connection_close (param i32 i32)",
        "upstream_connection_close (param i32 i32)"
      })
  void aLoopInAnyCallbackOfAConnectionHarmsNobodyElse(String callback) throws IOException {
    int space = callback.indexOf(' ');
    var bad =
        guest(
            "(func (export \"proxy_on_%s\") %s LOOP %s)"
                .formatted(
                    callback.substring(0, space),
                    callback.substring(space),
                    callback.endsWith("(result i32)") ? "(i32.const 0)" : ""));
    try (var gateway = gateway(bad, "");
        var neighbours = new Neighbours(gateway)) {
      var address = gateway.address("raw");
      try (var socket = new Socket(address.getAddress(), address.getPort())) {
        socket.setSoTimeout(60_000);
        socket
            .getOutputStream()
            .write(
                "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
        socket.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
      } catch (java.net.SocketException e) {
        // A connection whose plugin failed is reset.
      }
      await()
          .atMost(SwapGateway.PATIENCE)
          .until(() -> gateway.metric("sluice_plugin_failures_total", "kind=\"timeout\"") > 0);
      expectNothingLeft(gateway);
      assertThat(neighbours.wrong()).isEmpty();
    }
  }

  @Test
  void aStormOfCalloutsIsCut() throws IOException {
    var bad =
        guest(
            ON_HEADERS
                + "(local $n i32) (loop $next"
                + " (drop (call $call))"
                + " (local.set $n (i32.add (local.get $n) (i32.const 1)))"
                + " (br_if $next (i32.lt_u (local.get $n) (i32.const 500))))"
                + " (i32.const 0))");
    try (var gateway = gateway(bad, ", callouts: 8");
        var neighbours = new Neighbours(gateway)) {
      long before = upstream.exchanges().size();
      for (int i = 0; i < 20; i++) {
        assertThat(gateway.get("/bad").statusCode()).isEqualTo(200);
      }
      expectNothingLeft(gateway);
      assertThat(neighbours.wrong()).isEmpty();
      long calls =
          upstream.exchanges().stream()
              .skip(before)
              .filter(e -> e.headers().join().get(":authority", "").equals("u"))
              .count();
      assertThat(calls).as("8 at a time, of 10,000").isBetween(8L, 20L * 8 * 2);
    }
  }

  @Test
  void aMonstrousModuleServesSlowlyAndHarmsNobodyElse() throws IOException {
    // 10 MB of data, and a function of 100,000 instructions that the JVM cannot compile.
    var data = new StringBuilder();
    for (int i = 1; i <= 10; i++) {
      data.append("(data (i32.const %d) \"".formatted(i << 20))
          .append("0123456789abcdef".repeat(65536))
          .append("\")");
    }
    var bad =
        Wat.assemble(
            "(module "
                + HEAD.replace("\"memory\") 2)", "\"memory\") 200)")
                + data
                + "(func $large (param i32) (result i32) "
                + "(local.set 0 (i32.add (local.get 0) (i32.const 3)))".repeat(25_000)
                + "(local.get 0))"
                + ON_HEADERS
                + "(i32.ne (call $large (i32.const 5)) (i32.const 75005))))");
    assertThat(bad.length).isGreaterThan(10_000_000);
    try (var gateway = gateway(guest(""), "");
        var neighbours = new Neighbours(gateway)) {
      var loaded =
          gateway.admin(
              "PUT",
              "/plugins/bad",
              "{name: bad, url: \"%s\", limits: {callTime: 2s}}"
                  .formatted(module("large.wasm", bad)));
      assertThat(loaded.statusCode()).as(loaded.body()).isEqualTo(200);
      assertThat(gateway.get("/bad").statusCode()).isEqualTo(200);
      assertThat(neighbours.wrong()).isEmpty();
    }
  }
}
