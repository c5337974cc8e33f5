package dev.sluice.control;

import static dev.sluice.control.TestGateway.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.RawClient;
import dev.sluice.http.testing.TestUpstream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Changes a running gateway by the admin API. */
@ExtendWith(LeakCheck.class)
class AdminConfigTest {
  private final Transport transport = Transport.create(1);
  private final TestUpstream upstream =
      TestUpstream.start(transport, exchange -> exchange.respond(200, "hello"));
  @TempDir private Path folder;

  @AfterEach
  void close() {
    transport.close();
  }

  private String serving(String path) {
    return TestGateway.frame(upstream.port())
        + "routes: [{name: r, match: {path: {exact: %s}}, upstream: api}]\n".formatted(path);
  }

  @Test
  void servesWhatWasPutWhenItAnswers() {
    try (var gateway = TestGateway.start(folder, serving("/v1"))) {
      var before = gateway.json("/config/status").path("snapshot").asInt();

      var put = gateway.admin("PUT", "/config", serving("/v2"));

      assertThat(put.statusCode()).isEqualTo(200);
      assertThat(gateway.get("/v2").statusCode()).isEqualTo(200);
      assertThat(gateway.get("/v1").statusCode()).isEqualTo(404);
      var answer = TestGateway.json(put);
      assertThat(answer.path("snapshot").asInt()).isGreaterThan(before);
      assertThat(answer.path("dryRun").asBoolean()).isFalse();
      assertThat(answer.path("changedByApi").toString()).isEqualTo("[\"PUT /config\"]");
      assertThat(gateway.json("/config").at("/routes/0/match/path/exact").asString())
          .isEqualTo("/v2");
    }
  }

  @Test
  void takesJsonAndWhatItShowedItself() {
    try (var gateway = TestGateway.start(folder, serving("/v1"))) {
      var shown = gateway.admin("GET", "/config").body();

      var put = gateway.admin("PUT", "/config", shown.replace("/v1", "/v2"));

      assertThat(put.statusCode()).isEqualTo(200);
      assertThat(gateway.get("/v2").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void checksWithoutAChangeInADryRun() {
    try (var gateway = TestGateway.start(folder, serving("/v1"))) {
      var etag = gateway.admin("GET", "/config").headers().firstValue("etag").orElseThrow();

      var right = gateway.admin("PUT", "/config?dryRun=true", serving("/v2"));
      var wrong = gateway.admin("PUT", "/config?dryRun=true", serving("/v2") + "threads: x\n");

      assertThat(right.statusCode()).isEqualTo(200);
      assertThat(TestGateway.json(right).path("dryRun").asBoolean()).isTrue();
      assertThat(wrong.statusCode()).isEqualTo(422);
      assertThat(gateway.get("/v1").statusCode()).isEqualTo(200);
      assertThat(gateway.admin("GET", "/config").headers().firstValue("etag")).contains(etag);
      assertThat(gateway.refusals()).as("a check is no failed change").isZero();
      assertThat(gateway.json("/config/status").has("rejected")).isFalse();
    }
  }

  @Test
  void answers422WithEveryProblemAndServesOn() {
    try (var gateway = TestGateway.start(folder, serving("/v1"))) {
      var put =
          gateway.admin(
              "PUT",
              "/config",
              """
              listeners:
                - {name: web, address: "127.0.0.1:99999"}
              routes:
                - {name: r, upstream: nope}
              """);

      assertThat(put.statusCode()).isEqualTo(422);
      assertThat(put.headers().firstValue("content-type")).contains("application/problem+json");
      var problem = TestGateway.json(put);
      assertThat(problem.path("code").asString()).isEqualTo("invalid_config");
      assertThat(problem.path("errors")).hasSize(2);
      assertThat(problem.at("/errors/0").toString())
          .isEqualTo(
              "{\"file\":\"request\",\"line\":2,\"column\":17,\"path\":\"listeners[0].address\","
                  + "\"value\":\"\\\"127.0.0.1:99999\\\"\","
                  + "\"message\":\"port 99999 (expected: 0..65535)\"}");
      assertThat(problem.at("/errors/1/line").asInt()).isEqualTo(4);
      assertThat(gateway.get("/v1").statusCode()).isEqualTo(200);
      assertThat(gateway.json("/config/status").at("/rejected/change").asString())
          .isEqualTo("PUT /config");
      assertThat(gateway.admin("PUT", "/config", "").statusCode()).isEqualTo(422);
      assertThat(gateway.admin("PUT", "/config", "{").statusCode()).isEqualTo(422);
    }
  }

  @Test
  void guardsAgainstLostUpdates() {
    try (var gateway = TestGateway.start(folder, serving("/v1"))) {
      var first = gateway.admin("GET", "/config").headers().firstValue("etag").orElseThrow();
      var put = gateway.admin("PUT", "/config", serving("/v2"), "if-match", first);
      assertThat(put.statusCode()).isEqualTo(200);
      var second = put.headers().firstValue("etag").orElseThrow();
      assertThat(second).isNotEqualTo(first);
      assertThat(gateway.admin("GET", "/config").headers().firstValue("etag")).contains(second);

      var late = gateway.admin("PUT", "/config", serving("/v3"), "if-match", first);

      assertThat(late.statusCode()).isEqualTo(412);
      assertThat(TestGateway.json(late).path("code").asString()).isEqualTo("precondition_failed");
      assertThat(gateway.get("/v2").statusCode()).isEqualTo(200);
      for (var right : new String[] {"*", second, "\"other\", " + second}) {
        assertThat(gateway.admin("PUT", "/config", serving("/v2"), "if-match", right).statusCode())
            .as(right)
            .isEqualTo(200);
      }
    }
  }

  private String withSecrets(String token, String env) {
    return serving("/v1")
            .replaceFirst("\"127.0.0.1:0\"", "\"127.0.0.1:0\", token: \"" + token + "\"")
        + """
        plugins:
          - name: p
            url: "%s"
            vmConfig: {env: {REGION: %s}}
            pluginConfig: {replacement: one, upstreamApiKey: sk-1234567, apiKeys: {}}
        """
            .formatted(Guests.file(folder, "one"), env);
  }

  @Test
  void hidesSecretsAndKeepsThoseThatComeBackHidden() {
    var bearer = new String[] {"authorization", "Bearer t0ps3cret"};
    try (var gateway = TestGateway.start(folder, withSecrets("t0ps3cret", "secret-region"))) {
      var shown = gateway.admin("GET", "/config", "", bearer).body();
      assertThat(shown)
          .contains("\"token\" : \"***\"", "\"REGION\" : \"***\"", "\"upstreamApiKey\" : \"***\"")
          .doesNotContain("t0ps3cret", "secret-region", "sk-1234567");

      // A replacement of *** is no hidden secret.
      var changed = shown.replace("\"one\"", "\"***\"");
      var put = gateway.admin("PUT", "/config", changed, bearer);

      assertThat(put.body()).contains("\"snapshot\"");
      assertThat(gateway.admin("GET", "/healthz", "", bearer).statusCode()).isEqualTo(200);
      assertThat(
              TestGateway.json(gateway.admin("GET", "/config", "", bearer))
                  .at("/plugins/0/pluginConfig/replacement")
                  .asString())
          .isEqualTo("***");
    }
  }

  @Test
  void refusesHiddenSecretsThatItNeverHad() {
    try (var gateway = TestGateway.start(folder, serving("/v1"))) {
      var put =
          gateway.admin(
              "PUT",
              "/config",
              serving("/v1").replaceFirst("\"127.0.0.1:0\"", "\"127.0.0.1:0\", token: \"***\""));

      assertThat(put.statusCode()).isEqualTo(422);
      assertThat(TestGateway.json(put).at("/errors/0/path").asString()).isEqualTo("admin.token");
      assertThat(gateway.admin("GET", "/healthz").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void showsReferencesAsTheyAreWritten() {
    var bearer = new String[] {"authorization", "Bearer s3cr3t-value"};
    var config =
        serving("/v1")
            .replaceFirst("\"127.0.0.1:0\"", "\"127.0.0.1:0\", token: \"\\${SLUICE_TEST_SECRET}\"");
    try (var gateway = TestGateway.start(folder, config)) {
      assertThat(gateway.admin("GET", "/config", "", bearer).body())
          .contains("\"${SLUICE_TEST_SECRET}\"")
          .doesNotContain("s3cr3t-value");
    }
  }

  @Test
  void drainsOnRequest() throws Exception {
    try (var gateway = TestGateway.start(folder, serving("/v1") + "drainTimeout: 10s\n");
        var idle = new RawClient(gateway.address("web"));
        var busy = new RawClient(gateway.address("web"))) {
      idle.send("GET /v1 HTTP/1.1\r\nhost: a\r\n\r\n").readUntil("hello");
      busy.send("POST /v1 HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\n12");
      eventually()
          .untilAsserted(() -> assertThat(gateway.metric("sluice_active_exchanges")).isEqualTo(1));
      var web = gateway.address("web");

      var drain = gateway.admin("POST", "/drain");

      assertThat(drain.statusCode()).isEqualTo(202);
      assertThat(gateway.gateway().drainRequested()).isCompleted();
      assertThat(idle.readAll()).isEmpty();
      assertThat(gateway.admin("GET", "/readyz").statusCode()).isEqualTo(503);
      assertThat(gateway.admin("GET", "/readyz").body()).isEqualTo("draining\n");
      assertThat(gateway.admin("GET", "/healthz").statusCode()).isEqualTo(200);
      var put = gateway.admin("PUT", "/config", serving("/v2"));
      assertThat(put.statusCode()).isEqualTo(503);
      assertThat(TestGateway.json(put).path("code").asString()).isEqualTo("draining");
      eventually().until(() -> !connects(web));
      assertThat(gateway.gateway().drain()).isNotDone();

      busy.send("3");

      assertThat(busy.readUntil("hello")).startsWith("HTTP/1.1 200");
      eventually().until(() -> gateway.gateway().drain().isDone());
      assertThat(gateway.admin("POST", "/drain").statusCode()).isEqualTo(202);
    }
  }

  private static boolean connects(InetSocketAddress address) throws Exception {
    try (var socket = new Socket()) {
      socket.connect(address, 5_000);
      return true;
    } catch (ConnectException e) {
      return false;
    }
  }
}
