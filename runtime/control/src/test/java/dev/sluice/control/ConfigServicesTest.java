package dev.sluice.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.control.GatewayConfig.UsageSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads where the services of plugins come from. */
class ConfigServicesTest {
  @TempDir private Path folder;
  private Problems problems = new Problems(Path.of(""));

  @BeforeEach
  void start() {
    problems = new Problems(folder);
  }

  private GatewayConfig.ServiceSettings services(String yaml) {
    return problems.read(Problems.FRAME + yaml).services();
  }

  private List<String> errors(String yaml) {
    return problems.of(Problems.FRAME + yaml);
  }

  @Test
  void embedsInTheProcessAndKeepsVectorsInMemoryUnlessToldOtherwise() {
    assertThat(services("").embeddings()).isEmpty();
    assertThat(services("").vectors()).isEmpty();
    assertThat(services("embeddings: {provider: local}").embeddings()).isEmpty();
    assertThat(services("state: {vectors: memory}").vectors()).isEmpty();
  }

  @Test
  void takesAnEndpoint() {
    var services =
        services(
            "embeddings: {url: \"https://api.openai.com/v1\", model: m, apiKey: secret-key,"
                + " dimensions: 256, timeout: 2s}");

    assertThat(services.embeddings())
        .isEqualTo(
            Map.of(
                "url", "https://api.openai.com/v1",
                "model", "m",
                "key", "secret-key",
                "dimensions", "256",
                "timeout", "2000"));
    assertThat(services.toString()).doesNotContain("secret-key");
  }

  @Test
  void keepsInMemoryUnlessToldOtherwise() {
    assertThat(services("").counters()).isEmpty();
    assertThat(services("state: {counters: memory}").counters()).isEmpty();
    assertThat(services("state: {redis: {url: \"redis://h\"}}").store()).isEmpty();
  }

  @Test
  void saysWhereUsageIsKept() {
    assertThat(usage("")).isEqualTo(new UsageSettings(false, Optional.empty()));
    assertThat(usage("state: {usage: memory}"))
        .isEqualTo(new UsageSettings(true, Optional.empty()));
    assertThat(usage("state: {usage: {path: u.journal}}"))
        .isEqualTo(new UsageSettings(false, Optional.of(folder.resolve("u.journal").toString())));
    assertThat(errors("state: {usage: {path: not/there}}"))
        .singleElement()
        .asString()
        .contains("state.usage.path", "there is no folder");
    assertThat(errors("state: {usage: redis}").toString()).contains("state.usage");
    assertThat(errors("state: {usage: {}}").toString()).contains("state.usage");
  }

  private UsageSettings usage(String yaml) {
    return problems.read(Problems.FRAME + yaml).usage();
  }

  @Test
  void takesARedisForEachUse() {
    var redis = "redis: {url: \"redis://127.0.0.1:6379/2\", timeout: 250ms, onUnavailable: local}";
    var expected =
        Map.of(
            "url", "redis://127.0.0.1:6379/2",
            "timeout", "250",
            "onUnavailable", "local");

    assertThat(services("state: {vectors: redis, %s}".formatted(redis)).vectors())
        .isEqualTo(expected);
    var both = services("state: {counters: redis, store: redis, %s}".formatted(redis));
    assertThat(both.counters()).isEqualTo(expected);
    assertThat(both.store()).isEqualTo(expected);
    assertThat(both.vectors()).isEmpty();
  }

  @Test
  void takesAPolicyForEachUse() {
    var services =
        services(
            """
            state:
              counters: redis
              store: redis
              vectors: redis
              redis: {url: "redis://h", onUnavailable: {counters: allow, store: local}}
            """);
    assertThat(services.counters()).containsEntry("onUnavailable", "allow");
    assertThat(services.store()).containsEntry("onUnavailable", "local");
    assertThat(services.vectors()).containsEntry("onUnavailable", "deny");
  }

  @Test
  void takesAUserAndTls() throws Exception {
    for (var file : List.of("ca.pem", "c.pem", "c.key")) {
      Files.writeString(folder.resolve(file), "");
    }
    var services =
        services(
            """
            state:
              store: redis
              redis:
                url: "rediss://h:6380"
                username: gateway
                password: secret-password
                tls: {ca: ca.pem, clientCertificate: {cert: c.pem, key: c.key}}
            """);
    assertThat(services.store())
        .containsEntry("username", "gateway")
        .containsEntry("password", "secret-password")
        .containsEntry("ca", folder.resolve("ca.pem").toString())
        .containsEntry("cert", folder.resolve("c.pem").toString())
        .containsEntry("key", folder.resolve("c.key").toString());
    assertThat(services.toString()).doesNotContain("secret-password");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://:pw@127.0.0.1:6379",
        "redis://user:p%40w@host:6379/15",
        "rediss://[::1]:6380",
        "redis-sentinel://a:26379,b:26379/1#primary",
        "redis-cluster://a:1,b:2,c:3",
        "rediss-cluster://user:pw@a.example.com:7000",
      })
  void takesUrlsOfEachKind(String url) {
    assertThat(errors("state: {counters: redis, redis: {url: \"%s\"}}".formatted(url))).isEmpty();
  }

  @Test
  void saysWhatDoesNotFitAboutRedis() {
    assertThat(redisError("url: \"redis-sentinel://a:26379,b:26379\""))
        .contains("state.redis.url")
        .contains("names sentinels but no master (expected: …#name-of-the-master)");
    assertThat(redisError("url: \"redis://a:1,b:2\"")).contains("names several servers");
    assertThat(redisError("url: \"redis-cluster://a:1/3\"")).contains("names a database");
    assertThat(redisError("url: \"redis://a:99999\"")).contains("is no url of a Redis server");
    assertThat(redisError("url: \"redis://:hunter2@a b\""))
        .contains("is no url of a Redis server")
        .doesNotContain("hunter2");
    assertThat(redisError("url: \"redis://h\", username: u")).contains("has no password beside it");
    assertThat(redisError("url: \"redis://h\", tls: {}"))
        .contains("stands beside a url without TLS (expected: a url rediss://…)");
    assertThat(redisError("url: \"rediss://h\", tls: {ca: none.pem}"))
        .contains("there is no file none.pem that can be read");
    assertThat(redisError("url: \"redis://h\", timeout: 0s")).contains("is no bound");
    assertThat(redisError("url: \"redis://h\", onUnavailable: wait"))
        .contains("state.redis.onUnavailable")
        .contains("deny");
    assertThat(redisError("timeout: 1s")).contains("\"url\" is missing");
    assertThat(errors("state: {counters: redis}").getFirst())
        .contains("state.counters")
        .contains("there is no redis.url beside it");
    assertThat(errors("state: {counter: redis}").getFirst()).contains("did you mean \"counters\"");
  }

  private String redisError(String fields) {
    return errors("state: {redis: {%s}}".formatted(fields)).getFirst();
  }

  @Test
  void saysWhatDoesNotFit() {
    assertThat(errors("embeddings: {provider: openai}").getFirst())
        .contains("embeddings.provider")
        .contains("there are no providers yet (expected: local, or url and model instead)");
    assertThat(errors("embeddings: {url: \"ftp://x\", model: m}").getFirst())
        .contains("embeddings.url")
        .contains("is no url of an endpoint (expected: http://host");
    assertThat(errors("embeddings: {url: \"http://x\"}").getFirst()).contains("has no model");
    assertThat(errors("embeddings: {model: m}").getFirst())
        .contains("belongs to an endpoint (expected: url beside it)");
    assertThat(errors("embeddings: {provider: local, url: \"http://x\", model: m}").getFirst())
        .contains("stands beside url");
    assertThat(errors("state: {vectors: redis}").getFirst()).contains("there is no redis.url");
    assertThat(errors("state: {vectors: redis, redis: {url: \"http://x\"}}").getFirst())
        .contains("is no url of a Redis server (expected: redis://host");
    assertThat(errors("state: {vectors: disk}").getFirst()).contains("state.vectors");
  }
}
