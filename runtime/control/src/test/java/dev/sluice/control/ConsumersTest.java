package dev.sluice.control;

import static dev.sluice.control.TestGateway.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import dev.sluice.http.Transport;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.usage.testing.OtlpCollector;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Date;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Calls a whole gateway with credentials of every kind, and looks where they turn up. */
@ExtendWith(LeakCheck.class)
class ConsumersTest {
  private final Transport transport = Transport.create(1);
  private final ConcurrentLinkedQueue<String> seen = new ConcurrentLinkedQueue<>();
  private final TestUpstream upstream =
      TestUpstream.start(
          transport,
          exchange ->
              exchange
                  .complete()
                  .thenAccept(
                      e -> {
                        seen.add(e.headers().join().toString() + e.text());
                        e.respond(200, "hello");
                      }));
  @TempDir private Path folder;

  @AfterEach
  void close() {
    transport.close();
  }

  private TestGateway gateway(String more) {
    return TestGateway.start(
        folder,
        TestGateway.frame(upstream.port())
            + """
            consumers:
              - {name: team-a, keys: [hush-key-of-a, "sha256:%s"], groups: [beta]}
              - {name: team-b, keys: [hush-key-of-b]}
            routes:
              - {name: open, upstream: api}
              - {name: closed, match: {path: {prefix: /closed}}, upstream: api, auth: {}}
              - {name: beta, match: {path: {prefix: /beta}}, upstream: api, auth: {groups: [beta]}}
            """
                .formatted("5".repeat(64))
            + more);
  }

  private static String challenge(HttpResponse<String> answer) {
    return answer.headers().firstValue("www-authenticate").orElse("");
  }

  @Test
  void lettsInWhoIsKnownAndShowsTheUpstreamNoCredential() {
    try (var log = LogLines.ofEverything();
        var gateway = gateway("")) {
      var asked =
          new String[][] {
            {"/closed/1", "authorization", "Bearer hush-key-of-a"},
            {"/closed/2", "x-api-key", "hush-key-of-a"},
            {"/closed/3", "api-key", "hush-key-of-a"},
            {"/closed/4", "x-goog-api-key", "hush-key-of-a"},
            {"/closed/5?alt=sse&key=hush-key-of-a", "x-other", "1"},
            {"/beta/6?k%65y=hush%2Dkey-of-a", "x-other", "1"},
            {"/7", "x-api-key", "hush-key-of-a"}
          };
      for (var one : asked) {
        assertThat(gateway.post(one[0], "body", one[1], one[2]).statusCode())
            .as(one[0])
            .isEqualTo(200);
      }

      assertThat(seen).hasSize(7).noneMatch(request -> request.contains("hush"));
      assertThat(seen).anyMatch(request -> request.contains("/closed/5?alt=sse"));
      eventually().untilAsserted(() -> assertThat(gateway.accessLog()).hasSize(7));
      assertThat(gateway.accessLog())
          .allSatisfy(line -> assertThat(line).contains("\"consumer\":\"team-a\""))
          .noneMatch(line -> line.contains("hush"));
      assertThat(log.lines()).noneMatch(line -> line.contains("hush"));
    }
  }

  @Test
  void refusesWhoIsNotKnownOrMayNot() {
    try (var log = LogLines.ofEverything();
        var gateway = gateway("")) {
      var none = gateway.get("/closed");
      var unknown = gateway.get("/closed?key=hush-unknown");
      var two =
          gateway.get(
              "/closed", "x-api-key", "hush-key-of-a", "authorization", "Bearer hush-key-of-b");
      var other = gateway.get("/beta", "x-api-key", "hush-key-of-b");

      assertThat(none.statusCode()).isEqualTo(401);
      assertThat(TestGateway.json(none).path("code").asString()).isEqualTo("unauthenticated");
      assertThat(none.headers().firstValue("x-request-id")).isPresent();
      assertThat(challenge(none)).isEqualTo("Bearer realm=\"sluice\"");
      assertThat(unknown.statusCode()).isEqualTo(401);
      assertThat(challenge(unknown)).contains("invalid_token");
      assertThat(two.statusCode()).isEqualTo(401);
      assertThat(other.statusCode()).isEqualTo(403);
      assertThat(TestGateway.json(other).path("code").asString()).isEqualTo("forbidden");
      assertThat(seen).isEmpty();
      eventually().untilAsserted(() -> assertThat(gateway.accessLog()).hasSize(4));
      assertThat(gateway.accessLog().toString() + log.lines()).doesNotContain("hush");
      assertThat(none.body() + unknown.body() + two.body()).doesNotContain("hush");
    }
  }

  @Test
  void leavesCredentialsAloneThatAreNotForTheGateway() {
    try (var gateway = gateway("")) {
      gateway.get(
          "/a?key=upstreams", "authorization", "Bearer upstreams", "x-api-key", "upstreams");

      assertThat(seen.poll()).contains("key=upstreams", "Bearer upstreams", "x-api-key");
    }
  }

  @Test
  void changesWithTheConfigurationAndShowsNoKey() {
    try (var gateway = gateway("")) {
      var shown = gateway.json("/config");
      assertThat(shown.toString()).doesNotContain("hush").contains("***");
      assertThat(gateway.admin("PUT", "/config", shown.toString()).statusCode()).isEqualTo(200);
      assertThat(gateway.get("/closed", "x-api-key", "hush-key-of-a").statusCode()).isEqualTo(200);

      var fewer = (ObjectNode) shown.deepCopy();
      ((ArrayNode) fewer.at("/consumers/0/keys")).remove(0);
      var refused = gateway.admin("PUT", "/config", fewer.toString());
      assertThat(refused.statusCode()).isEqualTo(422);
      assertThat(refused.body()).contains("consumers[0].keys[0]", "*** stands for a hidden value");

      fewer.withArray("consumers").remove(0);
      assertThat(gateway.admin("PUT", "/config", fewer.toString()).statusCode()).isEqualTo(200);
      assertThat(gateway.get("/closed", "x-api-key", "hush-key-of-a").statusCode()).isEqualTo(401);
      assertThat(gateway.get("/closed", "x-api-key", "hush-key-of-b").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void takesTokensOfAnIssuer() throws Exception {
    var key = new RSAKeyGenerator(2048).keyID("one").generate();
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    var issuer = "http://127.0.0.1:" + server.getAddress().getPort();
    server.createContext(
        "/keys",
        exchange -> {
          byte[] keys = new JWKSet(key).toString(true).getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, keys.length);
          exchange.getResponseBody().write(keys);
          exchange.close();
        });
    server.start();
    try (var log = LogLines.ofEverything();
        var gateway =
            gateway(
                """
                issuers:
                  - {issuer: "%s", jwksUri: "%s/keys", consumerClaim: sub}
                """
                    .formatted(issuer, issuer))) {
      var token = token(key, issuer, 600);
      var answer = gateway.post("/closed", "x".repeat(200_000), "authorization", "Bearer " + token);
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      assertThat(seen.poll()).endsWith("x".repeat(200_000)).doesNotContain(token);

      var expired = gateway.get("/closed", "authorization", "Bearer " + token(key, issuer, -600));
      assertThat(expired.statusCode()).isEqualTo(401);
      assertThat(challenge(expired)).contains("The token has expired.");

      eventually().untilAsserted(() -> assertThat(gateway.accessLog()).hasSize(2));
      assertThat(gateway.accessLog().getFirst()).contains("\"consumer\":\"someone\"");
      assertThat(gateway.accessLog().toString() + log.lines()).doesNotContain(token.substring(40));
    } finally {
      server.stop(0);
    }
  }

  private static String token(RSAKey key, String issuer, long seconds) throws Exception {
    var claims =
        new JWTClaimsSet.Builder()
            .issuer(issuer)
            .subject("someone")
            .expirationTime(Date.from(Instant.now().plusSeconds(seconds)))
            .build();
    var token =
        new SignedJWT(new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("one").build(), claims);
    token.sign(new RSASSASigner(key));
    return token.serialize();
  }

  @Test
  void tellsACollectorOfExchangesAndContinuesTraces() throws IOException {
    try (var collector = new OtlpCollector();
        var gateway =
            gateway(
                """
                telemetry: {otlp: {endpoint: "%s", headers: {x-team: hush-secret}}}
                """
                    .formatted(collector.url()))) {
      gateway.get(
          "/traced?key=hush-key-of-a",
          "traceparent",
          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");

      eventually().untilAsserted(() -> assertThat(collector.spans()).hasSize(2));
      var inner = collector.spans().getFirst();
      var span = java.util.HexFormat.of().formatHex(inner.getSpanId().toByteArray());
      assertThat(seen.poll()).contains("00-4bf92f3577b34da6a3ce929d0e0e4736-" + span + "-01");
      assertThat(OtlpCollector.attributes(collector.spans().getLast().getAttributesList()))
          .containsEntry("sluice.consumer", "team-a")
          .containsEntry("url.path", "/traced");
      assertThat(collector.spans().toString()).doesNotContain("hush");
      eventually().untilAsserted(() -> assertThat(gateway.accessLog()).hasSize(1));
      assertThat(
              JsonMapper.shared()
                  .readTree(gateway.accessLog().getFirst())
                  .path("traceId")
                  .asString())
          .isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
      assertThat(gateway.json("/config").toString()).doesNotContain("hush-secret");
    }
  }

  @Test
  void answersUsageAsAskedFor() {
    try (var gateway = gateway("")) {
      var usage = gateway.json("/ai/usage?groupBy=day,route&from=2026-01-01&limit=5");

      assertThat(usage.path("groupBy").toString()).isEqualTo("[\"day\",\"route\"]");
      assertThat(usage.path("rows")).isEmpty();
      assertThat(usage.at("/total/tokens/input").asLong(-1)).isZero();
      for (var wrong : new String[] {"?colour=1", "?from=today", "?limit=0", "?groupBy=day,day"}) {
        var refused = gateway.admin("GET", "/ai/usage" + wrong);
        assertThat(refused.statusCode()).as(wrong).isEqualTo(400);
        assertThat(refused.body()).contains("expected: ");
      }
    }
  }

  @Test
  void namesAuthoritiesThatCannotBeRead() throws IOException {
    var config =
        TestGateway.frame(upstream.port())
            + "routes: [{name: open, upstream: api}]\n"
            + "issuers: [{issuer: \"https://id.example.com\", ca: \"%s\"}]\n"
                .formatted(Files.writeString(folder.resolve("ca.pem"), "no certificate"));
    try (var gateway = gateway("")) {
      var refused = gateway.admin("PUT", "/config", config);

      assertThat(refused.statusCode()).isEqualTo(422);
      assertThat(refused.body()).contains("issuers", "ca.pem");
    }
  }

  @Test
  void namesWhatIsWrongWithConsumers() {
    var wrong =
        TestGateway.frame(upstream.port())
            + """
            consumers:
              - {name: a, keys: [hush-same]}
              - {name: b, keys: [hush-same, "sha256:abc"], models: ["~("]}
              - {name: c}
              - {name: d, jwt: {issuer: "http://id.example.com"}}
            issuers:
              - {issuer: plain, algorithms: [none]}
            telemetry: {otlp: {endpoint: nowhere}}
            routes:
              - {name: all, upstream: api, auth: {required: false, groups: [x], consumers: [zz]}}
            """;
    var problems = new Problems(folder).of(wrong);

    assertThat(problems.toString())
        .doesNotContain("hush")
        .contains("consumers[1].keys[0]", "is a key of consumer \"a\"")
        .contains("consumers[1].keys[1]", "expected: sha256: and 64 hexadecimal digits")
        .contains("consumers[1].models", "expected: ~ and a regular expression")
        .contains("consumers[2]", "has neither keys nor jwt")
        .contains("consumers[3].jwt.issuer", "is not safe")
        .contains("issuers[0].issuer", "is no url without a login")
        .contains("issuers[0].algorithms[0]")
        .contains("telemetry.otlp.endpoint")
        .contains("routes[0].auth.required")
        .contains("routes[0].auth.consumers[0]", "there is no such consumer");
  }
}
