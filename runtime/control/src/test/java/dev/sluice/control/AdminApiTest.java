package dev.sluice.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestUpstream;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Reads from the admin API of a running gateway, and asks it what it does not have. */
@ExtendWith(LeakCheck.class)
class AdminApiTest {
  private static final String ROUTES =
      """
      routes:
        - {name: a, match: {path: {exact: /a}}, upstream: api}
        - {name: "b.c", match: {path: {prefix: /b}}, upstream: api}
      """;

  private final Transport transport = Transport.create(1);
  private final TestUpstream upstream =
      TestUpstream.start(transport, exchange -> exchange.respond(200, "hello"));
  @TempDir private Path folder;
  @org.jspecify.annotations.Nullable private TestGateway started;

  @BeforeEach
  void start() {
    started = TestGateway.start(folder, TestGateway.frame(upstream.port()) + ROUTES);
  }

  @AfterEach
  void close() {
    gateway().close();
    transport.close();
  }

  private TestGateway gateway() {
    if (started == null) {
      throw new IllegalStateException("not started");
    }
    return started;
  }

  @Test
  void saysThatItLivesAndServes() {
    var health = gateway().admin("GET", "/healthz");
    assertThat(health.statusCode()).isEqualTo(200);
    assertThat(health.body()).isEqualTo("ok\n");
    assertThat(health.headers().firstValue("content-type")).contains("text/plain");
    assertThat(health.headers().firstValue("cache-control")).contains("no-store");

    var ready = gateway().admin("GET", "/readyz");
    assertThat(ready.statusCode()).isEqualTo(200);
    assertThat(ready.body()).isEqualTo("ready\n");
  }

  @Test
  void answersHeadLikeGetWithoutABody() {
    for (var path : new String[] {"/healthz", "/config", "/metrics", "/plugins"}) {
      var head = gateway().admin("HEAD", path);
      assertThat(head.statusCode()).as(path).isEqualTo(200);
      assertThat(head.body()).as(path).isEmpty();
      assertThat(head.headers().firstValueAsLong("content-length").orElse(0)).as(path).isPositive();
    }
  }

  @Test
  void countsWhatPassed() {
    gateway().get("/a");
    gateway().get("/a");
    gateway().get("/b/1");
    gateway().get("/none");

    var routes = gateway().json("/routes");
    assertThat(routes).hasSize(2);
    assertThat(routes.at("/0/name").asString()).isEqualTo("a");
    assertThat(routes.at("/0/requests").asInt()).isEqualTo(2);
    assertThat(routes.at("/1/name").asString()).isEqualTo("b.c");
    assertThat(routes.at("/1/requests").asInt()).isEqualTo(1);
    assertThat(routes.at("/1/active").asInt()).isZero();

    var upstreams = gateway().json("/upstreams");
    assertThat(upstreams).hasSize(1);
    assertThat(upstreams.at("/0/name").asString()).isEqualTo("api");
    assertThat(upstreams.at("/0/endpoints/0/address").asString())
        .isEqualTo("127.0.0.1:" + upstream.port());
    assertThat(upstreams.at("/0/endpoints/0/requests").asInt()).isEqualTo(3);
    assertThat(gateway().json("/plugins")).isEmpty();
  }

  @Test
  void showsMetricsThatPrometheusUnderstands() {
    gateway().get("/a");
    gateway().get("/none");

    var response = gateway().admin("GET", "/metrics");
    assertThat(response.headers().firstValue("content-type"))
        .contains("text/plain; version=0.0.4; charset=utf-8");
    var metrics = new PrometheusText(response.body());

    assertThat(metrics.errors()).isEmpty();
    assertThat(metrics.types())
        .containsEntry("sluice_requests_total", "counter")
        .containsEntry("sluice_request_duration_seconds", "histogram")
        .containsEntry("sluice_active_exchanges", "gauge")
        .containsEntry("sluice_loop_lag_seconds", "gauge")
        .containsEntry("sluice_access_log_dropped_total", "counter")
        .containsKey("jvm_memory_used_bytes");
    assertThat(metrics.value("sluice_requests_total{route=\"a\",status=\"2xx\"}")).isEqualTo(1);
    assertThat(metrics.value("sluice_requests_total{route=\"\",status=\"4xx\"}")).isEqualTo(1);
    assertThat(metrics.value("sluice_local_responses_total{code=\"no_route\",route=\"\"}"))
        .isEqualTo(1);
    assertThat(metrics.value("sluice_response_bytes_total{route=\"a\"}")).isEqualTo(5);
    assertThat(metrics.value("sluice_request_duration_seconds_count{route=\"a\"}")).isEqualTo(1);
    assertThat(
            metrics.value(
                "sluice_upstream_requests_total{endpoint=\"127.0.0.1:%d\",upstream=\"api\"}"
                    .formatted(upstream.port())))
        .isEqualTo(1);
    assertThat(metrics.value("sluice_config_last_success_seconds")).isGreaterThan(1e9);
  }

  @Test
  void answersUnknownPathsWith404() {
    for (var path :
        new String[] {"/", "/none", "/healthz/x", "/plugins/", "/plugins/a/b", "/config/", "//"}) {
      var response = gateway().admin("GET", path);
      assertThat(response.statusCode()).as(path).isEqualTo(404);
      assertThat(response.headers().firstValue("content-type"))
          .as(path)
          .contains("application/problem+json");
      assertThat(TestGateway.json(response).path("code").asString())
          .as(path)
          .isEqualTo("not_found");
    }
    var plugin = gateway().admin("GET", "/plugins/none");
    assertThat(plugin.statusCode()).isEqualTo(404);
    assertThat(TestGateway.json(plugin).path("detail").asString()).isEqualTo("no plugin none");
  }

  @Test
  void answersOtherMethodsWith405AndTheOnesThatAreAllowed() {
    var put = gateway().admin("PUT", "/healthz", "x");
    assertThat(put.statusCode()).isEqualTo(405);
    assertThat(put.headers().firstValue("allow")).contains("GET, HEAD");
    assertThat(TestGateway.json(put).path("detail").asString())
        .isEqualTo("method PUT (expected: GET, HEAD)");

    var get = gateway().admin("GET", "/drain");
    assertThat(get.statusCode()).isEqualTo(405);
    assertThat(get.headers().firstValue("allow")).contains("POST");
    assertThat(gateway().admin("GET", "/readyz").statusCode()).as("not drained").isEqualTo(200);

    var delete = gateway().admin("DELETE", "/config");
    assertThat(delete.headers().firstValue("allow")).contains("GET, HEAD, PUT");
  }

  @Test
  void refusesWhatItCannotDecode() {
    var query = gateway().admin("PUT", "/config?dryRun=maybe", "listeners: []");
    assertThat(query.statusCode()).isEqualTo(400);
    assertThat(TestGateway.json(query).path("detail").asString())
        .isEqualTo("dryRun: \"maybe\" (expected: true or false)");
    var misspelt = gateway().admin("PUT", "/config?dryrun=true", "listeners: []");
    assertThat(misspelt.statusCode()).isEqualTo(400);
    assertThat(TestGateway.json(misspelt).path("detail").asString())
        .isEqualTo("query parameter \"dryrun\" (expected: dryRun)");
    var twice = gateway().admin("PUT", "/config?dryRun=true&dryRun=false", "listeners: []");
    assertThat(TestGateway.json(twice).path("detail").asString())
        .isEqualTo("query parameter \"dryRun\" stands twice");
  }
}
