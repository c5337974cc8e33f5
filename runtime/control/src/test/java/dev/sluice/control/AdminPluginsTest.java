package dev.sluice.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.registry.OciLayout;
import dev.sluice.registry.PluginPackage;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** Loads, replaces, rolls back and removes plugins of a running gateway. */
@ExtendWith(LeakCheck.class)
class AdminPluginsTest {
  private final Transport transport = Transport.create(1);
  private final TestUpstream upstream =
      TestUpstream.start(transport, exchange -> exchange.respond(200, "hello"));
  @TempDir private Path folder;

  @AfterEach
  void close() {
    transport.close();
  }

  private TestGateway start() {
    return TestGateway.start(
        folder,
        TestGateway.frame(upstream.port())
            + """
            routes:
              - {name: all, upstream: api, plugins: [label]}
            plugins:
              - {name: label, url: "%s"}
            """
                .formatted(Guests.file(folder, "one")));
  }

  private static String label(TestGateway gateway) {
    return gateway.get("/").headers().firstValue("x-plugin").orElse("");
  }

  private String entry(String label) {
    return "{\"url\": \"" + Guests.file(folder, label) + "\"}";
  }

  @Test
  void showsAPluginThatServes() {
    try (var gateway = start()) {
      assertThat(label(gateway)).isEqualTo("one");

      var plugin = gateway.json("/plugins/label");

      assertThat(plugin.path("name").asString()).isEqualTo("label");
      assertThat(plugin.path("engine").asString()).isEqualTo("wasm");
      assertThat(plugin.path("url").asString()).isEqualTo("file:" + folder.resolve("one.wasm"));
      assertThat(plugin.path("digest").asString()).matches("sha256:[0-9a-f]{64}");
      assertThat(plugin.path("state").asString()).isEqualTo("active");
      assertThat(plugin.has("error")).isFalse();
      assertThat(plugin.path("since").asString()).startsWith("20");
      assertThat(plugin.path("routes").toString()).isEqualTo("[\"all\"]");
      assertThat(plugin.path("generations")).hasSize(1);
      assertThat(plugin.at("/generations/0/current").asBoolean()).isTrue();
      assertThat(plugin.path("vms").asInt()).as("one for each loop").isEqualTo(2);
      assertThat(plugin.path("memoryBytes").asInt()).isEqualTo(2 * 2 * 65536);
      assertThat(plugin.path("calls").asInt()).isPositive();
      assertThat(plugin.path("failures")).isEmpty();
      assertThat(plugin.path("loadTime").asString()).endsWith("ms");
      assertThat(plugin.path("contexts").asInt()).isZero();
      assertThat(plugin.at("/callTime/p99").asString()).endsWith("ms");
      assertThat(gateway.json("/plugins")).hasSize(1);
      assertThat(gateway.json("/routes").at("/0/plugins").toString()).isEqualTo("[\"label\"]");
    }
  }

  @Test
  void showsTheMetricsOfPlugins() {
    try (var gateway = start()) {
      for (int i = 0; i < 20; i++) {
        label(gateway);
      }

      var metrics = new PrometheusText(gateway.admin("GET", "/metrics").body());

      assertThat(metrics.errors()).isEmpty();
      assertThat(metrics.value("sluice_custom_labelled_responses_total{plugin=\"label\"}"))
          .isEqualTo(20);
      assertThat(metrics.value("sluice_plugin_vms{plugin=\"label\"}")).isEqualTo(2);
      assertThat(metrics.value("sluice_plugin_calls_total{plugin=\"label\"}")).isPositive();
      double measured = metrics.value("sluice_plugin_call_seconds_count{plugin=\"label\"}");
      assertThat(measured).as("one callback in 16 on each loop").isPositive();
      assertThat(metrics.value("sluice_plugin_call_seconds_sum{plugin=\"label\"}")).isPositive();
      assertThat(metrics.value("sluice_plugin_call_seconds_bucket{plugin=\"label\",le=\"+Inf\"}"))
          .isEqualTo(measured);
      assertThat(metrics.value("sluice_plugin_load_seconds{plugin=\"label\"}")).isPositive();
      assertThat(metrics.value("sluice_plugin_contexts{plugin=\"label\"}")).isZero();
    }
  }

  @Test
  void replacesAPluginAndAnswersWhenItServes() {
    try (var gateway = start()) {
      var before = gateway.json("/plugins/label").path("digest").asString();

      var put = gateway.admin("PUT", "/plugins/label", entry("two"));

      assertThat(put.statusCode()).isEqualTo(200);
      assertThat(label(gateway)).isEqualTo("two");
      var plugin = TestGateway.json(put);
      assertThat(plugin.path("state").asString()).isEqualTo("active");
      assertThat(plugin.path("digest").asString()).isNotEqualTo(before);
      assertThat(gateway.json("/config").at("/plugins/0/url").asString()).endsWith("two.wasm");
      assertThat(gateway.json("/config/status").path("changedByApi").toString())
          .isEqualTo("[\"PUT /plugins/label\"]");
    }
  }

  @Test
  void loadsAPluginThatAttachesItself() {
    try (var gateway = start()) {
      var put =
          gateway.admin(
              "PUT",
              "/plugins/more",
              "url: \"%s\"\nroutes: [all]\npriority: -5\n".formatted(Guests.file(folder, "more")));

      assertThat(put.statusCode()).isEqualTo(200);
      assertThat(gateway.get("/").headers().allValues("x-plugin"))
          .containsExactlyInAnyOrder("one", "more");
      assertThat(TestGateway.json(put).path("routes").toString()).isEqualTo("[\"all\"]");
    }
  }

  @Test
  void saysWhyAPluginIsRefusedAndServesTheOldOne() throws Exception {
    Files.write(folder.resolve("broken.wasm"), new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0, 99});
    try (var gateway = start()) {
      var gone = gateway.admin("PUT", "/plugins/label", "\nurl: file:gone.wasm\n");
      assertThat(gone.statusCode()).isEqualTo(422);
      var error = TestGateway.json(gone).at("/errors/0");
      assertThat(error.path("path").asString()).isEqualTo("plugins[0].url");
      assertThat(error.path("line").asInt()).as("of the body").isEqualTo(2);
      assertThat(error.path("column").asInt()).isEqualTo(1);
      assertThat(error.path("message").asString()).contains("there is no such file");

      var broken = gateway.admin("PUT", "/plugins/label", "url: file:broken.wasm");
      assertThat(broken.statusCode()).isEqualTo(422);
      assertThat(TestGateway.json(broken).at("/errors/0/path").asString()).startsWith("plugins[0]");

      var digest =
          gateway.admin(
              "PUT",
              "/plugins/label",
              "{url: \"file:one.wasm\", sha256: \"" + "0".repeat(64) + "\"}");
      assertThat(digest.statusCode()).isEqualTo(422);
      assertThat(TestGateway.json(digest).at("/errors/0/message").asString())
          .contains("has digest sha256:")
          .contains("expected: sha256");

      var field = gateway.admin("PUT", "/plugins/label", "{url: \"file:one.wasm\", prority: 1}");
      assertThat(TestGateway.json(field).at("/errors/0/message").asString())
          .isEqualTo("unknown field; did you mean \"priority\"?");

      assertThat(label(gateway)).isEqualTo("one");
      var plugin = gateway.json("/plugins/label");
      assertThat(plugin.path("state").asString()).as("the old one").isEqualTo("active");
      assertThat(plugin.path("error").asString())
          .as("of the last attempt")
          .startsWith("unknown field");
      gateway.admin("PUT", "/plugins/label", entry("one"));
      assertThat(gateway.json("/plugins/label").has("error")).isFalse();
    }
  }

  @Test
  void checksPluginConfigAgainstTheSchemaOfTheArtifact() throws Exception {
    var source = Files.createDirectory(folder.resolve("plugin"));
    Guests.file(source, "plugin.wasm", Guests.labelling("packed"));
    Files.writeString(
        source.resolve("plugin.yaml"),
        """
        name: packed
        version: 3.2.1
        engine: wasm
        entry: plugin.wasm
        capabilities: [counters]
        configSchema: schema.json
        """);
    Files.writeString(
        source.resolve("schema.json"),
        "{\"type\": \"object\", \"properties\": {\"limit\": {\"type\": \"integer\"}}}");
    PluginPackage.of(source).writeTo(OciLayout.create(folder.resolve("layout")), "v3");
    var url = "url: oci-layout:" + folder.resolve("layout") + ":v3\n";
    try (var gateway = start()) {
      var wrong =
          gateway.admin(
              "PUT", "/plugins/label", url + "grants: requested\npluginConfig:\n  limit: ten\n");
      assertThat(TestGateway.json(wrong).at("/errors/0").toString())
          .isEqualTo(
              "{\"file\":\"request\",\"line\":4,\"column\":3,"
                  + "\"path\":\"plugins[0].pluginConfig.limit\",\"value\":\"\\\"ten\\\"\","
                  + "\"message\":\"expected: a whole number\"}");

      var notGranted = gateway.admin("PUT", "/plugins/label", url);
      assertThat(TestGateway.json(notGranted).at("/errors/0/message").asString())
          .contains("asks for [counters]", "add `grants: {counters: {}}`");

      var right =
          gateway.admin(
              "PUT", "/plugins/label", url + "grants: requested\npluginConfig:\n  limit: 10\n");
      assertThat(right.statusCode()).as(right.body()).isEqualTo(200);
      assertThat(TestGateway.json(right).path("version").asString()).isEqualTo("3.2.1");
      assertThat(label(gateway)).isEqualTo("packed");
    }
  }

  @Test
  void refusesABodyThatIsAboutAnother() {
    try (var gateway = start()) {
      var put = gateway.admin("PUT", "/plugins/label", "{name: other, url: \"file:one.wasm\"}");

      assertThat(put.statusCode()).isEqualTo(400);
      assertThat(TestGateway.json(put).path("detail").asString())
          .isEqualTo("name: \"other\" (expected: \"label\", as in the path)");
      assertThat(gateway.admin("PUT", "/plugins/bad%20name", entry("one")).statusCode())
          .isEqualTo(422);
    }
  }

  @Test
  void removesAPluginThatNoRouteNames() {
    try (var gateway = start()) {
      gateway.admin("PUT", "/plugins/more", entry("more").replace("}", ", \"global\": true}"));
      assertThat(gateway.get("/").headers().allValues("x-plugin")).hasSize(2);

      var inUse = gateway.admin("DELETE", "/plugins/label");
      var more = gateway.admin("DELETE", "/plugins/more");

      assertThat(inUse.statusCode()).isEqualTo(409);
      assertThat(TestGateway.json(inUse).path("detail").asString())
          .isEqualTo("plugin label is named by routes [all]");
      assertThat(more.statusCode()).isEqualTo(204);
      assertThat(more.headers().firstValue("content-length")).isEmpty();
      assertThat(gateway.get("/").headers().allValues("x-plugin")).containsExactly("one");
      TestGateway.eventually()
          .untilAsserted(
              () -> assertThat(gateway.admin("GET", "/plugins/more").statusCode()).isEqualTo(404));
      assertThat(gateway.admin("DELETE", "/plugins/more").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void rollsBackStepByStepUntilNothingIsLeft() {
    try (var gateway = start()) {
      gateway.admin("PUT", "/plugins/label", entry("two"));
      gateway.admin("PUT", "/plugins/label", entry("three"));
      assertThat(label(gateway)).isEqualTo("three");

      var first = gateway.admin("POST", "/plugins/label/rollback");
      assertThat(first.statusCode()).isEqualTo(200);
      assertThat(label(gateway)).isEqualTo("two");
      assertThat(gateway.json("/config").at("/plugins/0/sha256").asString())
          .isEqualTo(TestGateway.json(first).path("digest").asString().replace("sha256:", ""));

      // A change elsewhere makes no version to roll back to.
      var config = ((ObjectNode) gateway.json("/config")).put("drainTimeout", "9s");
      assertThat(gateway.admin("PUT", "/config", config.toString()).statusCode()).isEqualTo(200);
      gateway.admin("POST", "/plugins/label/rollback");
      assertThat(label(gateway)).isEqualTo("one");

      var nothing = gateway.admin("POST", "/plugins/label/rollback");
      assertThat(nothing.statusCode()).isEqualTo(409);
      assertThat(TestGateway.json(nothing).path("code").asString()).isEqualTo("no_previous");
      assertThat(label(gateway)).isEqualTo("one");
      assertThat(gateway.admin("POST", "/plugins/none/rollback").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void rollsBackToTheDigestWhereverATagHasMovedTo() {
    var layout = OciLayout.create(folder.resolve("layout"));
    pack(layout, "one");
    var url = "url: oci-layout:" + folder.resolve("layout") + ":latest\n";
    try (var gateway = start()) {
      gateway.admin("PUT", "/plugins/label", url);
      pack(layout, "two");
      gateway.admin("PUT", "/plugins/label", url);
      assertThat(label(gateway)).isEqualTo("two");

      var rollback = gateway.admin("POST", "/plugins/label/rollback");

      assertThat(rollback.statusCode()).as(rollback.body()).isEqualTo(200);
      assertThat(label(gateway)).isEqualTo("one");
    }
  }

  private void pack(OciLayout layout, String label) {
    Guests.file(folder, label + ".wasm", Guests.labelling(label));
    PluginPackage.of(folder.resolve(label + ".wasm")).writeTo(layout, "latest");
  }

  @Test
  void guardsChangesOfPluginsAgainstLostUpdates() {
    try (var gateway = start()) {
      gateway.admin("PUT", "/plugins/label", entry("two"));
      var old = new String[] {"if-match", "\"0123456789abcdef\""};
      var now =
          new String[] {
            "if-match",
            gateway.admin("GET", "/plugins/label").headers().firstValue("etag").orElseThrow()
          };

      assertThat(gateway.admin("PUT", "/plugins/label", entry("three"), old).statusCode())
          .isEqualTo(412);
      assertThat(gateway.admin("DELETE", "/plugins/label", "", old).statusCode()).isEqualTo(412);
      assertThat(gateway.admin("POST", "/plugins/label/rollback", "", old).statusCode())
          .isEqualTo(412);
      assertThat(label(gateway)).isEqualTo("two");
      assertThat(gateway.admin("POST", "/plugins/label/rollback", "", now).statusCode())
          .isEqualTo(200);
    }
  }

  @Test
  void keepsHiddenSecretsOfAnEntryThatComesBack() {
    try (var gateway = start()) {
      gateway.admin(
          "PUT",
          "/plugins/label",
          "{\"url\": \"file:one.wasm\", \"vmConfig\": {\"env\": {\"KEY\": \"hush-hush\"}}}");
      var shown = gateway.json("/config").at("/plugins/0");
      assertThat(shown.at("/vmConfig/env/KEY").asString()).isEqualTo("***");
      Guests.file(folder, "two");

      var put =
          gateway.admin("PUT", "/plugins/label", shown.toString().replace("one.wasm", "two.wasm"));

      assertThat(put.statusCode()).as(put.body()).isEqualTo(200);
      assertThat(label(gateway)).isEqualTo("two");
      assertThat(put.body()).doesNotContain("hush-hush");
    }
  }
}
