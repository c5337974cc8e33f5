package dev.sluice.control;

import static dev.sluice.control.TestGateway.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestUpstream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Changes the file of a running gateway in all the ways that files are changed. */
@ExtendWith(LeakCheck.class)
class ConfigReloadTest {
  private final Transport transport = Transport.create(1);
  private final TestUpstream upstream =
      TestUpstream.start(transport, exchange -> exchange.respond(200, "hello"));
  @TempDir private Path folder;

  @AfterEach
  void close() {
    transport.close();
  }

  /** Returns a configuration that serves one path only. */
  private String serving(String path) {
    return TestGateway.frame(upstream.port())
        + "routes: [{name: r, match: {path: {exact: %s}}, upstream: api}]\n".formatted(path);
  }

  private static void assertServes(TestGateway gateway, String path) {
    eventually().untilAsserted(() -> assertThat(gateway.get(path).statusCode()).isEqualTo(200));
  }

  private static void write(Path file, String text, StandardOpenOption... options) {
    try (var channel = FileChannel.open(file, options)) {
      channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void appliesAFileThatTakesThePlaceOfTheOldOne() {
    try (var gateway = TestGateway.start(folder, serving("/v1"))) {
      assertThat(gateway.get("/v1").body()).isEqualTo("hello");

      gateway.replace(serving("/v2"));

      assertServes(gateway, "/v2");
      assertThat(gateway.get("/v1").statusCode()).isEqualTo(404);
      assertThat(gateway.json("/config/status").has("rejected")).isFalse();
    }
  }

  @Test
  void appliesAFileThatIsWrittenInPlace() {
    try (var gateway = TestGateway.start(folder, serving("/v1"))) {
      write(
          folder.resolve("sluice.yaml"),
          serving("/v2"),
          StandardOpenOption.WRITE,
          StandardOpenOption.TRUNCATE_EXISTING);

      assertServes(gateway, "/v2");
    }
  }

  @Test
  void appliesTheSwapOfASymbolicLinkAsKubernetesDoesIt() throws IOException {
    for (var version : new String[] {"1", "2"}) {
      var data = Files.createDirectory(folder.resolve("..2024_" + version));
      Files.writeString(data.resolve("sluice.yaml"), serving("/v" + version));
    }
    Files.createSymbolicLink(folder.resolve("..data"), Path.of("..2024_1"));
    var file =
        Files.createSymbolicLink(folder.resolve("sluice.yaml"), Path.of("..data", "sluice.yaml"));
    try (var gateway = TestGateway.start(file)) {
      assertServes(gateway, "/v1");

      var next = Files.createSymbolicLink(folder.resolve("..data_tmp"), Path.of("..2024_2"));
      Files.move(
          next,
          folder.resolve("..data"),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);

      assertServes(gateway, "/v2");
    }
  }

  @Test
  void appliesAFileBehindALinkIntoAnotherFolder() throws IOException {
    var elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    var real = Files.writeString(elsewhere.resolve("real.yaml"), serving("/v1"));
    var file = Files.createSymbolicLink(folder.resolve("sluice.yaml"), real);
    try (var gateway = TestGateway.start(file)) {
      write(real, serving("/v2"), StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);

      assertServes(gateway, "/v2");
    }
  }

  @Test
  void keepsTheOldOneWhileAFileIsHalfWritten() {
    var whole = serving("/v2");
    int half = whole.indexOf("exact:");
    try (var gateway = TestGateway.start(folder, serving("/v1"))) {
      var file = folder.resolve("sluice.yaml");
      write(
          file,
          whole.substring(0, half),
          StandardOpenOption.WRITE,
          StandardOpenOption.TRUNCATE_EXISTING);
      eventually().untilAsserted(() -> assertThat(gateway.refusals()).isEqualTo(1));
      assertThat(gateway.get("/v1").statusCode()).isEqualTo(200);

      write(file, whole.substring(half), StandardOpenOption.WRITE, StandardOpenOption.APPEND);

      assertServes(gateway, "/v2");
      assertThat(gateway.json("/config/status").has("rejected")).isFalse();
    }
  }

  @Test
  void keepsTheOldOneWhenTheNewOneIsWrongAndSaysSoEverywhere() {
    try (var log = new LogLines();
        var gateway = TestGateway.start(folder, serving("/v1"))) {
      var etag = gateway.json("/config/status").path("etag").asString();
      assertThat(gateway.metric("sluice_config_last_reload_successful")).isEqualTo(1);

      gateway.replace(serving("/v2") + "drainTimeout: 5\n");

      eventually()
          .untilAsserted(
              () ->
                  assertThat(gateway.metric("sluice_config_reloads_total{outcome=\"failure\"}"))
                      .isEqualTo(1));
      assertThat(gateway.metric("sluice_config_last_reload_successful")).isZero();
      assertThat(gateway.metric("sluice_config_reloads_total{outcome=\"success\"}")).isEqualTo(1);
      assertThat(gateway.get("/v1").statusCode()).isEqualTo(200);
      var status = gateway.json("/config/status");
      assertThat(status.path("etag").asString()).isEqualTo(etag);
      assertThat(status.at("/rejected/change").asString()).isEqualTo("file");
      assertThat(status.at("/rejected/errors")).hasSize(1);
      assertThat(status.at("/rejected/errors/0/file").asString()).endsWith("/sluice.yaml");
      assertThat(status.at("/rejected/errors/0/line").asInt()).isEqualTo(7);
      assertThat(status.at("/rejected/errors/0/path").asString()).isEqualTo("drainTimeout");
      assertThat(status.at("/rejected/errors/0/value").asString()).isEqualTo("5");
      assertThat(log.lines())
          .anyMatch(
              line ->
                  line.startsWith("ERROR file is refused, what served before goes on:")
                      && line.contains("sluice.yaml:7:1: drainTimeout: 5: expected: a number"));

      gateway.replace(serving("/v3"));

      assertServes(gateway, "/v3");
      assertThat(gateway.json("/config/status").has("rejected")).isFalse();
      assertThat(gateway.metric("sluice_config_last_reload_successful")).isEqualTo(1);
    }
  }

  @Test
  void keepsTheOldOneWhenAPluginCannotBeFetched() {
    try (var gateway = TestGateway.start(folder, serving("/v1"))) {
      gateway.replace(
          serving("/v2") + "plugins:\n  - {name: gone, url: \"file:gone.wasm\", global: true}\n");

      eventually().untilAsserted(() -> assertThat(gateway.refusals()).isEqualTo(1));
      var error = gateway.json("/config/status").at("/rejected/errors/0");
      assertThat(error.path("path").asString()).isEqualTo("plugins[0].url");
      assertThat(error.path("line").asInt()).isEqualTo(8);
      assertThat(error.path("message").asString()).contains("there is no such file");
      assertThat(gateway.json("/plugins/gone").path("state").asString()).isEqualTo("failed");
      assertThat(gateway.get("/v1").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void saysWhenTheFileIsGoneOrEmptyAndServesOn() throws IOException {
    try (var gateway = TestGateway.start(folder, serving("/v1"))) {
      Files.delete(folder.resolve("sluice.yaml"));
      eventually()
          .untilAsserted(
              () ->
                  assertThat(
                          gateway
                              .json("/config/status")
                              .at("/rejected/errors/0/message")
                              .asString(""))
                      .isEqualTo("there is no such file"));
      assertThat(gateway.get("/v1").statusCode()).isEqualTo(200);

      gateway.replace(serving("/v2"));
      assertServes(gateway, "/v2");

      gateway.replace("");
      eventually()
          .untilAsserted(
              () ->
                  assertThat(
                          gateway
                              .json("/config/status")
                              .at("/rejected/errors/0/message")
                              .asString(""))
                      .isEqualTo("the file is empty (expected: a mapping of fields)"));
      assertThat(gateway.get("/v2").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void dropsChangesOfTheAdminApiWithAWarningThatNamesThem() {
    try (var log = new LogLines();
        var gateway = TestGateway.start(folder, serving("/v1"))) {
      assertThat(gateway.admin("PUT", "/config", serving("/api")).statusCode()).isEqualTo(200);
      assertThat(gateway.json("/config/status").path("changedByApi").toString())
          .isEqualTo("[\"PUT /config\"]");

      gateway.replace(serving("/v2"));

      assertServes(gateway, "/v2");
      assertThat(gateway.json("/config/status").path("changedByApi")).isEmpty();
      assertThat(log.lines())
          .contains("WARN the changed file drops what the admin API changed: [PUT /config]");
    }
  }

  @Test
  void appliesTheFileAgainWhenAsked() {
    try (var gateway = TestGateway.start(folder, serving("/v1"))) {
      gateway.admin("PUT", "/config", serving("/api"));

      gateway.gateway().reload();

      assertThat(gateway.get("/v1").statusCode()).isEqualTo(200);
      gateway.replace("listeners: []");
      assertThatThrownBy(() -> gateway.gateway().reload()).isInstanceOf(ConfigException.class);
      assertThat(gateway.get("/v1").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void namesWhatTakesEffectOnlyAtTheNextStart() {
    try (var log = new LogLines();
        var gateway = TestGateway.start(folder, serving("/v1"))) {
      gateway.replace(
          serving("/v2").replace("threads: 2", "threads: 3").replace("access.log", "other.log"));

      assertServes(gateway, "/v2");
      assertThat(gateway.json("/config/status").path("restartNeeded").toString())
          .isEqualTo("[\"threads\",\"accessLog\"]");
      assertThat(log.lines()).contains("WARN threads, accessLog: takes effect at the next start");
    }
  }

  @Test
  void refusesToStartWithAWrongConfiguration() {
    assertThatThrownBy(() -> TestGateway.start(folder, "listeners: 5"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("sluice.yaml:1:1: listeners: 5: expected: a list");
    assertThatThrownBy(
            () ->
                TestGateway.start(
                    folder, serving("/") + "plugins: [{name: p, url: \"file:p.wasm\"}]"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("sluice.yaml:7:21: plugins[0].url: ");
  }
}
