package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.plugin.Headers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Has guests do the same job in a whole gateway, each built from source with the SDK of another
 * language: headers, a property, a local response, a callout, bodies, ticks, shared data, metrics.
 */
@Tag("peers")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SdkGuestsTest {
  private static final Path ROOT = Path.of(System.getProperty("sluice.root", "../.."));
  private static final String LONG = "0123456789".repeat(20_000);

  /** The guests by name; {@code .ci/peers} builds those of others. */
  private static final Map<String, String> GUESTS =
      new TreeMap<>(
          Map.of(
              "assemblyscript", "plugin-sdk/assemblyscript/build/tests/sdk.wasm",
              "cpp", ".peers/wasm/cpp/plugin.wasm",
              "go", ".peers/wasm/go/plugin.wasm",
              "rust-unknown", ".peers/wasm/rust-wasm32-unknown-unknown/plugin.wasm",
              "rust-wasip1", ".peers/wasm/rust-wasm32-wasip1/plugin.wasm"));

  @TempDir private static Path folder;
  private Transport transport;
  private TestUpstream upstream;
  private SwapGateway gateway;

  @BeforeAll
  void start() {
    for (var guest : GUESTS.values()) {
      if (!Files.isRegularFile(ROOT.resolve(guest))) {
        var line = "peer is missing: " + guest + " (.ci/peers builds it)";
        if ("required".equals(System.getProperty("peers"))) {
          Assertions.fail(line);
        }
        Assumptions.abort(line);
      }
    }
    transport = Transport.create(1);
    upstream = TestUpstream.start(transport, SdkGuestsTest::serve);
    var plugins = new StringBuilder();
    var routes = new StringBuilder();
    GUESTS.forEach(
        (name, file) -> {
          plugins.append(
              "  - {name: %s, url: \"file:%s\", pluginConfig: {name: %s}, grants: {http: [up]}}\n"
                  .formatted(name, ROOT.resolve(file).toAbsolutePath().normalize(), name));
          routes.append(
              "  - {name: %1$s, match: {headers: [{name: x-guest, exact: %1$s}]}, upstream: up, plugins: [%1$s]}\n"
                  .formatted(name));
        });
    gateway =
        SwapGateway.start(
            folder,
            """
            listeners: [{name: web, address: "127.0.0.1:0"}]
            accessLog: {}
            upstreams: [{name: up, endpoints: [{address: "127.0.0.1:%d"}]}]
            plugins:
            %sroutes:
            %s\
            """
                .formatted(upstream.port(), plugins, routes));
  }

  private static void serve(Exchange exchange) {
    exchange
        .complete()
        .thenAccept(
            done -> {
              if (exchange.headers().join().get(":path", "").equals("/answer")) {
                exchange.respond(200, "42", "x-answer", "it is");
              } else {
                exchange.respond(200, exchange.text().isEmpty() ? "up" : LONG);
              }
            });
  }

  @AfterAll
  void stop() {
    if (gateway != null) {
      gateway.close();
      upstream.close();
      transport.close();
    }
  }

  static Iterable<String> guests() {
    return GUESTS.keySet();
  }

  private HttpResponse<String> get(String guest, String path) {
    return gateway.get(path, "x-guest", guest, "x-gone", "still here", "user-agent", "someone");
  }

  /** Returns the headers of the last request that was no callout. */
  private Headers seen() {
    var last = new Headers(1);
    for (var exchange : upstream.exchanges()) {
      if (!exchange.headers().join().get(":path", "").equals("/answer")) {
        last = exchange.headers().join();
      }
    }
    return last;
  }

  @ParameterizedTest
  @MethodSource("guests")
  void changesHeadersBothWays(String guest) {
    var answer = get(guest, "/some?q=1");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("<up>");
    assertThat(seen().get("x-config")).isEqualTo("{\"name\":\"" + guest + "\"}");
    assertThat(seen().get("x-agent")).isEqualTo("someone");
    assertThat(seen().get("x-path")).isEqualTo("/some?q=1");
    assertThat(seen().contains("x-gone")).isFalse();
  }

  @ParameterizedTest
  @MethodSource("guests")
  void answersItself(String guest) {
    int before = upstream.exchanges().size();
    var answer = get(guest, "/denied");

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body()).as("through its own response callbacks").isEqualTo("<no>");
    assertThat(answer.headers().firstValue("x-by")).hasValue("guest");
    assertThat(upstream.exchanges()).hasSize(before);
  }

  @ParameterizedTest
  @MethodSource("guests")
  void holdsARequestForACallout(String guest) {
    assertThat(get(guest, "/call").body()).isEqualTo("<up>");
    assertThat(seen().get("x-called")).isEqualTo("it is 42");
  }

  @ParameterizedTest
  @MethodSource("guests")
  void replacesWholeBodies(String guest) {
    var answer = gateway.post("/body", LONG, "x-guest", guest);

    assertThat(answer.body()).isEqualTo("<" + LONG + ">");
    var texts = upstream.exchanges().stream().map(Exchange::text).toList();
    assertThat(texts.getLast()).isEqualTo("[" + LONG + "]");
  }

  @ParameterizedTest
  @MethodSource("guests")
  void ticksAndSharesData(String guest) {
    await()
        .atMost(SwapGateway.PATIENCE)
        .until(
            () ->
                Integer.parseInt("0" + get(guest, "/").headers().firstValue("x-ticks").orElse(""))
                    >= 2);
  }

  @ParameterizedTest
  @MethodSource("guests")
  void countsInMetrics(String guest) {
    var plugin = "plugin=\"" + guest + "\"";
    double before = gateway.metric("sluice_custom_sdk_requests", plugin);
    get(guest, "/");
    get(guest, "/denied");

    assertThat(gateway.metric("sluice_custom_sdk_requests", plugin)).isEqualTo(before + 2);
    await()
        .atMost(SwapGateway.PATIENCE)
        .until(
            () ->
                gateway.metric("sluice_custom_sdk_logged", plugin)
                    == gateway.metric("sluice_custom_sdk_requests", plugin));
  }
}
