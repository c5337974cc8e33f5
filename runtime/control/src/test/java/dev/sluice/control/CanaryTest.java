package dev.sluice.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.wasm.testing.Wat;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Rolls new versions of a plugin out to a share of the exchanges of a running gateway. */
@ExtendWith(LeakCheck.class)
class CanaryTest {
  private final Transport transport = Transport.create(1);
  private final AtomicInteger upstreamStatus = new AtomicInteger(200);
  private final TestUpstream upstream =
      TestUpstream.start(transport, exchange -> exchange.respond(upstreamStatus.get(), "hello"));
  @TempDir private Path folder;

  @AfterEach
  void close() {
    transport.close();
  }

  private TestGateway start() {
    return TestGateway.start(folder, file(Guests.file(folder, "one"), ""));
  }

  /** Returns a configuration; {@code canary} is empty or a mapping. */
  private String file(String url, String canary) {
    return TestGateway.frame(upstream.port())
        + """
        routes:
          - {name: all, upstream: api, plugins: [label]}
        plugins:
          - {name: label, url: "%s"%s}
        """
            .formatted(url, canary.isEmpty() ? "" : ", canary: " + canary);
  }

  private static void put(TestGateway gateway, String url, String canary) {
    var answer =
        gateway.admin("PUT", "/plugins/label", "{url: \"" + url + "\", canary: " + canary + "}");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  private static String label(TestGateway gateway, String... headers) {
    return gateway.get("/", headers).headers().firstValue("x-plugin").orElse("");
  }

  private static JsonNode canary(TestGateway gateway) {
    return gateway.json("/plugins/label").path("canary");
  }

  private static int countOf(String label, int requests, TestGateway gateway) {
    int count = 0;
    for (int i = 0; i < requests; i++) {
      if (label(gateway).equals(label)) {
        count++;
      }
    }
    return count;
  }

  /** Sends requests until the new version has been taken back; whatever they answer. */
  private static void useUntilRolledBack(TestGateway gateway) {
    TestGateway.eventually()
        .until(
            () -> {
              for (int i = 0; i < 20; i++) {
                gateway.get("/");
              }
              return canary(gateway).path("state").asString().equals("rolled_back");
            });
  }

  private String trapping() {
    return Guests.file(
        folder,
        "trapping.wasm",
        Wat.assemble(
            """
            (module
              (memory (export "memory") 1)
              (func (export "proxy_abi_version_0_2_1"))
              (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 1024))
              (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
                (unreachable)))
            """));
  }

  /** Holds requests for a second: until the first tick after they came. */
  private String late() {
    return Guests.file(
        folder,
        "late.wasm",
        Wat.assemble(
            """
            (module
              (import "env" "proxy_set_tick_period_milliseconds" (func $period (param i32) (result i32)))
              (import "env" "proxy_set_effective_context" (func $context (param i32) (result i32)))
              (import "env" "proxy_continue_stream" (func $continue (param i32) (result i32)))
              (memory (export "memory") 1)
              (global $held (mut i32) (i32.const 0))
              (func (export "proxy_abi_version_0_2_1"))
              (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 1024))
              (func (export "proxy_on_configure") (param i32 i32) (result i32)
                (drop (call $period (i32.const 100)))
                (i32.const 1))
              (func (export "proxy_on_request_headers") (param $id i32) (param i32 i32) (result i32)
                (global.set $held (local.get $id))
                (i32.const 1))
              (func (export "proxy_on_tick") (param i32)
                (if (global.get $held)
                  (then
                    (drop (call $context (global.get $held)))
                    (drop (call $continue (i32.const 0)))
                    (global.set $held (i32.const 0))))))
            """));
  }

  @Test
  void sharesExchangesBetweenTwoVersions() {
    try (var gateway = start()) {
      put(gateway, Guests.file(folder, "two"), "{percent: 30}");

      assertThat(countOf("two", 1000, gateway)).isBetween(220, 380);

      var plugin = gateway.json("/plugins/label");
      assertThat(plugin.path("state").asString()).isEqualTo("active");
      assertThat(plugin.path("generations")).hasSize(2);
      assertThat(plugin.at("/generations/0/current").asBoolean()).isTrue();
      assertThat(plugin.at("/generations/1/current").asBoolean()).isTrue();
      var canary = plugin.path("canary");
      assertThat(canary.path("state").asString()).isEqualTo("running");
      assertThat(canary.path("percent").asDouble()).isEqualTo(30.0);
      assertThat(canary.path("digest").asString())
          .matches("sha256:[0-9a-f]{64}")
          .isNotEqualTo(plugin.path("digest").asString());
      assertThat(canary.at("/exchanges/canary").asInt() + canary.at("/exchanges/stable").asInt())
          .isEqualTo(1000);
      assertThat(canary.at("/failures/canary").asInt()).isZero();
      assertThat(
              gateway.metric(
                  "sluice_plugin_canary_exchanges_total{plugin=\"label\",version=\"canary\"}"))
          .isEqualTo(canary.at("/exchanges/canary").asDouble());
    }
  }

  @Test
  void givesTheNewVersionToRequestsThatAskForIt() {
    try (var gateway = start()) {
      put(gateway, Guests.file(folder, "two"), "{header: x-beta}");
      assertThat(countOf("two", 20, gateway)).isZero();
      assertThat(label(gateway, "x-beta", "anything")).isEqualTo("two");

      put(gateway, Guests.file(folder, "two"), "{header: {name: X-Group, exact: beta}}");

      assertThat(label(gateway, "x-group", "beta")).isEqualTo("two");
      assertThat(label(gateway, "x-group", "other")).isEqualTo("one");
    }
  }

  @Test
  void takesANewVersionBackThatFails() {
    try (var gateway = start()) {
      var before = gateway.json("/plugins/label").path("digest").asString();
      var bad = trapping();
      put(gateway, bad, "{percent: 50}");

      useUntilRolledBack(gateway);

      assertThat(countOf("one", 50, gateway)).isEqualTo(50);
      var plugin = gateway.json("/plugins/label");
      assertThat(plugin.path("digest").asString()).isEqualTo(before);
      assertThat(plugin.at("/canary/reason").asString())
          .contains("exchanges failed")
          .contains("canary.rollback.failurePercent: 5.0");
      assertThat(gateway.metric("sluice_plugin_canary_rollbacks_total{plugin=\"label\"}"))
          .isEqualTo(1);

      // Neither a reload nor a refresh brings it again.
      gateway.replace(file(bad, "{percent: 60}"));
      TestGateway.eventually().until(() -> canary(gateway).path("percent").asDouble() == 60);
      assertThat(gateway.admin("POST", "/plugins/label/refresh").statusCode()).isEqualTo(200);
      assertThat(canary(gateway).path("state").asString()).isEqualTo("rolled_back");
      assertThat(countOf("one", 50, gateway)).isEqualTo(50);

      // A further version gets its own chance, beside the one that has served all the time.
      put(gateway, Guests.file(folder, "three"), "{percent: 50}");
      assertThat(canary(gateway).path("state").asString()).isEqualTo("running");
      int three = countOf("three", 200, gateway);
      assertThat(three).isBetween(50, 150);
    }
  }

  @Test
  void takesANewVersionBackThatAnswersLate() {
    try (var gateway = start()) {
      put(
          gateway,
          late(),
          "{percent: 50, rollback: {latency: 40ms, exchanges: 10, failurePercent: 100}}");

      useUntilRolledBack(gateway);

      assertThat(canary(gateway).path("reason").asString())
          .contains("95 % of the responses began within")
          .contains("canary.rollback.latency: 40 ms");
      assertThat(countOf("one", 20, gateway)).isEqualTo(20);
    }
  }

  @Test
  void doesNotBlameANewVersionForAnUpstreamThatFails() {
    try (var gateway = start()) {
      upstreamStatus.set(500);
      put(gateway, Guests.file(folder, "two"), "{percent: 50, rollback: {exchanges: 10}}");

      TestGateway.eventually()
          .until(
              () -> {
                label(gateway);
                return canary(gateway).at("/failures/canary").asInt() > 100;
              });

      assertThat(canary(gateway).path("state").asString()).isEqualTo("running");
      assertThat(canary(gateway).at("/failures/stable").asInt()).isGreaterThan(10);
    }
  }

  @Test
  void promotesANewVersionWhenTold() {
    try (var gateway = start()) {
      put(gateway, Guests.file(folder, "two"), "{percent: 1}");
      var digest = canary(gateway).path("digest").asString();

      var answer = gateway.admin("POST", "/plugins/label/promote");

      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      assertThat(countOf("two", 20, gateway)).isEqualTo(20);
      assertThat(TestGateway.json(answer).path("digest").asString()).isEqualTo(digest);
      assertThat(TestGateway.json(answer).has("canary")).isFalse();
      TestGateway.eventually()
          .until(() -> gateway.json("/plugins/label").path("generations").size() == 1);
      var again = gateway.admin("POST", "/plugins/label/promote");
      assertThat(again.statusCode()).isEqualTo(409);
      assertThat(again.body()).contains("no_canary");
    }
  }

  @Test
  void promotesANewVersionThatHasProvedItself() {
    try (var gateway = start()) {
      put(
          gateway,
          Guests.file(folder, "two"),
          "{percent: 50, promoteAfter: 300ms, rollback: {exchanges: 5}}");

      TestGateway.eventually()
          .until(
              () -> {
                label(gateway);
                return canary(gateway).isMissingNode();
              });

      assertThat(countOf("two", 20, gateway)).isEqualTo(20);
    }
  }

  @Test
  void takesANewVersionBackWhenTold() {
    try (var gateway = start()) {
      put(gateway, Guests.file(folder, "two"), "{percent: 100, header: x-beta}");
      assertThat(label(gateway)).isEqualTo("two");

      var answer = gateway.admin("POST", "/plugins/label/rollback");

      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(label(gateway, "x-beta", "1")).isEqualTo("one");
      assertThat(canary(gateway).path("reason").asString()).contains("admin API");
    }
  }

  @Test
  void rollsBackToTheVersionBeforeAtOnce() {
    try (var gateway = start()) {
      put(gateway, Guests.file(folder, "two"), "{percent: 50}");
      gateway.admin("POST", "/plugins/label/promote");
      assertThat(label(gateway)).isEqualTo("two");

      var answer = gateway.admin("POST", "/plugins/label/rollback");

      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      assertThat(countOf("one", 30, gateway)).isEqualTo(30);
    }
  }

  @Test
  void givesAVersionWithoutOneBeforeItToAll() {
    try (var gateway =
        TestGateway.start(folder, file(Guests.file(folder, "one"), "{percent: 10}"))) {
      assertThat(countOf("one", 20, gateway)).isEqualTo(20);
      assertThat(canary(gateway).isMissingNode()).isTrue();
    }
  }

  @Test
  void givesTheNewVersionToAllWhenCanaryIsTakenOutOfTheFile() {
    try (var gateway = start()) {
      var two = Guests.file(folder, "two");
      gateway.replace(file(two, "{percent: 50}"));
      TestGateway.eventually().until(() -> !canary(gateway).isMissingNode());

      gateway.replace(file(two, ""));

      TestGateway.eventually().until(() -> canary(gateway).isMissingNode());
      assertThat(countOf("two", 20, gateway)).isEqualTo(20);
    }
  }

  @Test
  void saysWhatIsWrongWithACanary() {
    try (var gateway = start()) {
      var none = gateway.admin("PUT", "/plugins/label", "{url: \"file:x\", canary: {percent: 0}}");
      var much =
          gateway.admin("PUT", "/plugins/label", "{url: \"file:x\", canary: {percent: 101}}");
      var wrong =
          gateway.admin(
              "PUT",
              "/plugins/label",
              "{url: \"file:x\", canary: {percent: 1, header: {name: a, regex: \"[\"}}}");

      assertThat(none.statusCode()).isEqualTo(422);
      assertThat(none.body()).contains("no exchange gets the new version");
      assertThat(much.body()).contains("plugins[0].canary.percent").contains("101");
      assertThat(wrong.body()).contains("canary.header.regex");
      assertThat(label(gateway)).isEqualTo("one");
    }
  }
}
