package dev.sluice.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
  void takesARedis() {
    assertThat(
            services("state: {vectors: redis, redis: {url: \"redis://:pw@127.0.0.1:6379\"}}")
                .vectors())
        .isEqualTo(Map.of("url", "redis://:pw@127.0.0.1:6379", "timeout", "1000"));
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
        .contains("is no url of an endpoint (expected: redis://host");
    assertThat(errors("state: {vectors: disk}").getFirst()).contains("state.vectors");
  }
}
