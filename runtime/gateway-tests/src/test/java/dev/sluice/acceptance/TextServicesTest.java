package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Has a Wasm guest count the tokens of each path, embed it, store the vector, find it and delete
 * it, before the request goes on.
 */
class TextServicesTest {
  private static final Path GUEST =
      Path.of("../../plugin-sdk/assemblyscript/build/tests/services.wasm").toAbsolutePath();

  private static final String ANSWER =
      """
      {"data": [{"index": 0, "embedding": [1, 2]}, {"index": 1, "embedding": [3, 4]}]}\
      """;

  @TempDir private Path folder;
  private final TextUpstream upstream =
      TextUpstream.start(
          exchange ->
              exchange.getRequestURI().getPath().endsWith("/embeddings") ? ANSWER : "upstream");

  @BeforeEach
  void findGuest() {
    assertThat(GUEST).as("built by the tests of plugin-sdk/assemblyscript").isRegularFile();
  }

  @AfterEach
  void stop() {
    upstream.close();
  }

  private String config(String grants, String more) {
    return """
    listeners: [{name: web, address: "127.0.0.1:0"}]
    upstreams: [{name: api, endpoints: [{address: "127.0.0.1:%d"}]}]
    routes: [{name: all, match: {path: {prefix: /}}, upstream: api, plugins: [services]}]
    plugins: [{name: services, url: "file:%s", grants: %s}]
    %s
    """
        .formatted(upstream.port(), GUEST.normalize(), grants, more);
  }

  @Test
  void aGuestCountsEmbedsStoresFindsAndDeletes() {
    try (var gateway =
        SwapGateway.start(folder, config("{tokens: {}, embed: {}, vectors: {}}", ""))) {
      for (int i = 0; i < 20; i++) {
        var response = gateway.get("/what/is/the/capital/of/France?n=" + i);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("upstream");
      }

      var metrics = gateway.admin("GET", "/metrics", "").body();
      for (var operation :
          new String[] {
            "operation=\"count\",plugin=\"services\",service=\"tokens\"",
            "operation=\"embed\",plugin=\"services\",service=\"embed\"",
            "operation=\"upsert\",plugin=\"services\",service=\"vectors\"",
            "operation=\"search\",plugin=\"services\",service=\"vectors\"",
            "operation=\"delete\",plugin=\"services\",service=\"vectors\"",
            "operation=\"deleteWhere\",plugin=\"services\",service=\"vectors\""
          }) {
        assertThat(metrics).contains("sluice_service_calls_total{" + operation + "} 20.0");
        assertThat(metrics).contains("sluice_service_duration_seconds_count{" + operation + "} 20");
      }
      assertThat(metrics).doesNotContain("sluice_service_failures_total{");
      assertThat(metrics).contains("sluice_service_items{scope=\"services\",service=\"vectors\"}");
    }
  }

  @Test
  void anEndpointTakesOverWhenTheConfigurationSaysSo() {
    var grants = "{tokens: {}, embed: {}, vectors: {}}";
    try (var gateway = SwapGateway.start(folder, config(grants, ""))) {
      assertThat(gateway.get("/a").statusCode()).isEqualTo(200);
      int port = upstream.port();
      var endpoint = "{url: \"http://127.0.0.1:%d/v1\", model: tiny}".formatted(port);

      var changed = gateway.putConfig(config(grants, "embeddings: " + endpoint));

      assertThat(changed.statusCode()).as(changed.body()).isEqualTo(200);
      assertThat(gateway.get("/b").statusCode()).isEqualTo(200);
      assertThat(gateway.admin("GET", "/metrics", "").body())
          .doesNotContain("sluice_service_failures_total{");
      upstream.forget();
      // The embedding of /b is remembered, that of /c fails and the plugin says so and goes on.
      assertThat(gateway.get("/c").statusCode()).isEqualTo(404);
      assertThat(gateway.admin("GET", "/metrics", "").body())
          .contains(
              "sluice_service_failures_total{operation=\"embed\",plugin=\"services\","
                  + "reason=\"unavailable\",service=\"embed\"} 1.0");
    }
  }

  @Test
  void aGuestWithoutGrantsIsRefused() {
    try (var gateway = SwapGateway.start(folder, config("{}", ""))) {
      assertThat(gateway.get("/a").statusCode()).isEqualTo(200);
      assertThat(gateway.admin("GET", "/metrics", "").body())
          .doesNotContain("sluice_service_calls_total{");
    }
  }
}
