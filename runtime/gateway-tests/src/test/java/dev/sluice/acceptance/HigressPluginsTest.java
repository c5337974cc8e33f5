package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.testing.Exchange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Has the plugins that are published for Higress do their job, unmodified, in one gateway. What was
 * exercised and came out stands in plugin-sdk/COMPATIBILITY.md, which this test holds to be up to
 * date; it leaves the current text in target/COMPATIBILITY.md.
 */
@Tag("peers")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HigressPluginsTest {
  private static final Path ROOT = Path.of(System.getProperty("sluice.root", "../.."));
  private static final Path HIGRESS = ROOT.resolve(".peers/wasm/higress");
  private static final String PACKAGE = "gpustack-higress-plugins 0.5.1";

  @TempDir private static Path folder;

  private final TreeMap<String, String> came = new TreeMap<>();
  private HigressGateway gateway;

  @BeforeAll
  void start() throws IOException {
    if (!Files.isDirectory(HIGRESS)) {
      var line = "peer is missing: " + PACKAGE + " (.ci/peers installs it)";
      if ("required".equals(System.getProperty("peers"))) {
        Assertions.fail(line);
      }
      Assumptions.abort(line);
    }
    gateway = new HigressGateway(folder, HIGRESS);
  }

  @AfterAll
  void stop() throws Exception {
    if (gateway != null) {
      gateway.close();
      compare();
    }
  }

  /** Fails when the table is not what came out. */
  private void compare() throws IOException {
    var text =
        new StringBuilder(
            """
            # Compatibility

            What plugins that others built do in Sluice, unmodified. Written by `HigressPluginsTest` of `runtime/gateway-tests`,
            which fails when this page is out of date and leaves the current one in `target/COMPATIBILITY.md`.

            ## Higress: PyPI %s (Go, ABI 0.2.100)

            | Plugin | Version | Exercised, and what came out |
            |---|---|---|
            """
                .formatted(PACKAGE));
    came.forEach(
        (artifact, result) ->
            text.append("| %s | %s |\n".formatted(artifact.replace("/", " | "), result)));
    Files.writeString(Path.of("target/COMPATIBILITY.md"), text);
    assertThat(ROOT.resolve("plugin-sdk/COMPATIBILITY.md"))
        .as("out of date: copy runtime/gateway-tests/target/COMPATIBILITY.md there")
        .content()
        .isEqualTo(text.toString());
  }

  private void cameOut(String use, String result) {
    var artifact = HigressGateway.artifact(use);
    came.merge(
        artifact,
        result,
        (one, other) -> one.compareTo(other) < 0 ? one + "; " + other : other + "; " + one);
  }

  @Test
  void masksData() {
    var refused =
        gateway.post(
            "masking",
            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a secret\"}]}");
    assertThat(HigressGateway.status(refused)).isEqualTo(403);
    var passed =
        gateway.post(
            "masking", "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
    assertThat(HigressGateway.status(passed)).isEqualTo(200);
    assertThat(passed.text()).contains("Hello");
    cameOut("masking", "prompts with a denied word are refused with 403, others pass");
  }

  @Test
  void countsTokens() throws Exception {
    gateway.post(
        "statistics", "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
    assertThat(gateway.metrics())
        .containsPattern("route_statistics_.*input_token_total.* 5.0")
        .containsPattern("route_statistics_.*output_token_total.* 7.0");
    cameOut("statistics", "tokens of the answer become metrics by route, upstream and model");
  }

  @Test
  void speaksToTheProvider() {
    gateway.post(
        "proxy", "{\"model\":\"any\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
    assertThat(gateway.seen().get(":authority")).isEqualTo("api.openai.com");
    assertThat(gateway.seen().get("authorization")).isEqualTo("Bearer sk-test");
    assertThat(gateway.last().text()).contains("gpt-4o-mini");
    cameOut("proxy", "host, key and model of the provider are put in");
  }

  @Test
  void asksWhoMayPass() {
    assertThat(HigressGateway.status(gateway.post("auth", "{}", "authorization", "Bearer good")))
        .isEqualTo(200);
    assertThat(gateway.seen().get("x-mse-consumer")).isEqualTo("team");
    assertThat(HigressGateway.status(gateway.post("auth", "{}", "authorization", "Bearer bad")))
        .isEqualTo(401);
    cameOut(
        "auth",
        "an authorization service is asked: its 200 lets pass with the consumer's name, its 401 is"
            + " answered");
  }

  @Test
  void splitsProviderAndModel() {
    gateway.post("router", "{\"model\":\"openai/gpt-4o\"}");
    assertThat(gateway.seen().get("x-provider")).isEqualTo("openai");
    assertThat(gateway.seen().get("x-model")).isEqualTo("gpt-4o");
    assertThat(gateway.last().text()).isEqualTo("{\"model\":\"gpt-4o\"}");
    cameOut("router", "provider and model of the body become headers, the body is rewritten");
  }

  @Test
  void refusesAddresses() {
    assertThat(HigressGateway.status(gateway.post("acl", "{}", "x-mse-consumer", "bad")))
        .isEqualTo(403);
    assertThat(HigressGateway.status(gateway.post("acl", "{}", "x-mse-consumer", "good")))
        .isEqualTo(200);
    cameOut("acl", "denied addresses of a consumer get 403, allowed ones pass");
  }

  @Test
  void mapsModels() {
    gateway.post("mapper", "{\"model\":\"m\"}");
    assertThat(gateway.last().text()).isEqualTo("{\"model\":\"mapped\"}");
    cameOut("mapper", "models are mapped in the body");
  }

  @Test
  void balancesByPluginsThatWorkTogether() {
    var body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    var instances = new TreeSet<String>();
    for (int session = 0; session < 16; session++) {
      var first = by(gateway.post("balanced", body, "x-session", "s" + session));
      for (int i = 0; i < 3; i++) {
        assertThat(by(gateway.post("balanced", body, "x-session", "s" + session))).isEqualTo(first);
      }
      instances.add(first);
    }
    assertThat(instances).containsExactly("a", "b");
    cameOut("context", "the candidate that the finisher picks is routed to, by its header");
    cameOut("affinity", "a session stays with its instance, sessions spread over both");
    cameOut("least", "ranks beside the affinity, read by the finisher");
  }

  @Test
  void letsAServiceDecide() {
    var sum = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"2 + 2\"}]}";
    var poem = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a poem\"}]}";
    for (int i = 0; i < 3; i++) {
      assertThat(by(gateway.post("decided", poem, "x-higress-llm-model", "m"))).isEqualTo("a");
      assertThat(by(gateway.post("decided", sum, "x-higress-llm-model", "m"))).isEqualTo("b");
    }
    cameOut("decision", "a service is asked which model fits the task, and its instance is taken");
  }

  private static String by(Exchange exchange) {
    assertThat(HigressGateway.status(exchange)).isEqualTo(200);
    return exchange.headers().join().get("x-by", "");
  }

  @Test
  void limitsRatesByRedis() throws IOException {
    for (int i = 0; i < 2; i++) {
      assertThat(HigressGateway.status(gateway.post("limit", "{}", "x-key", "k1"))).isEqualTo(200);
    }
    assertThat(HigressGateway.status(gateway.post("limit", "{}", "x-key", "k1"))).isEqualTo(429);
    assertThat(HigressGateway.status(gateway.post("limit", "{}", "x-key", "other"))).isEqualTo(200);
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), gateway.redisPort())) {
      socket.getOutputStream().write("DBSIZE\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(socket.getInputStream().readNBytes(2), StandardCharsets.US_ASCII))
          .isEqualTo(":1");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    cameOut("limit", "the third request of a minute gets 429, counted in Redis by a script");
  }

  @Test
  void namesRouteAndClusterInHeaders() {
    gateway.post("headers", "{\"model\":\"m\"}");
    assertThat(gateway.seen().get("x-route")).isEqualTo("headers");
    assertThat(gateway.seen().get("x-cluster")).isEqualTo("gpustack.static");
    cameOut("headers", "the names of route and cluster reach the upstream in headers");
  }

  @Test
  void reportsUsage() {
    var answer = gateway.post("usage", "{\"model\":\"m\",\"messages\":[]}");
    assertThat(answer.text()).contains("\"total_tokens\":12");
    assertThat(answer.headers().join().get("x-gpustack-request-id", "")).hasSize(32);
    assertThat(gateway.seen().get("x-real-ip")).isEqualTo("127.0.0.1");
    assertThat(gateway.seen().get("x-internal")).isEqualTo("shared");
    await().atMost(SwapGateway.PATIENCE).until(() -> !gateway.reported("/usage").isEmpty());
    assertThat(gateway.reported("/usage").getFirst())
        .contains("\"input_token\":5", "\"output_token\":7", "\"model_id\":3");
    cameOut(
        "usage",
        "usage of tracked models is posted to its endpoint, answers carry the id of their request,"
            + " address and token go to trusted upstreams");
  }

  @Test
  void transforms() {
    var answer = gateway.post("transformer", "{\"model\":\"m\"}", "x-old", "old", "x-gone", "gone");
    assertThat(gateway.seen().get("x-added")).isEqualTo("1");
    assertThat(gateway.seen().get("x-new")).isEqualTo("old");
    assertThat(gateway.seen().contains("x-gone")).isFalse();
    assertThat(gateway.seen().path()).isEqualTo("/v1/chat/completions?q=7");
    assertThat(gateway.last().text()).contains("\"extra\": \"more\"");
    assertThat(answer.headers().join().get("x-answered")).isEqualTo("2");
    cameOut(
        "transformer", "headers, query and body of requests and headers of answers are changed");
  }
}
