package dev.sluice.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.registry.PluginPackage;
import dev.sluice.registry.PluginUrl;
import dev.sluice.registry.Progress;
import dev.sluice.registry.RegistryClient;
import dev.sluice.registry.testing.DockerRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Loads plugins from registries that ask who comes, with {@code imagePullSecret}. */
@Tag("peers")
@ExtendWith(LeakCheck.class)
class PullSecretTest {
  private static final String PASSWORD = DockerRegistry.USER.password();
  private static final String WRONG = "wr0ng-passw0rd";

  private final Transport transport = Transport.create(1);
  private final TestUpstream upstream =
      TestUpstream.start(transport, exchange -> exchange.respond(200, "hello"));
  @TempDir private Path folder;

  @AfterEach
  void close() {
    transport.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"password", "tokens"})
  void loadsWithTheRightSecretAndSaysThatAWrongOneIsRefused(String kind) throws Exception {
    try (var log = LogLines.ofEverything();
        var registry = registry(kind);
        var gateway = start(registry)) {
      push(registry, "one");

      var none = put(gateway, registry, "");
      assertThat(none.statusCode()).isEqualTo(422);
      assertThat(TestGateway.json(none).at("/errors/0/message").asString())
          .contains(registry.host(), "no credentials");

      var wrong = put(gateway, registry, named(WRONG));
      assertThat(wrong.statusCode()).isEqualTo(422);
      assertThat(TestGateway.json(wrong).at("/errors/0/message").asString())
          .contains(registry.host(), "alice", "refused")
          .doesNotContain(WRONG);
      assertThat(gateway.admin("GET", "/plugins/label").statusCode()).isIn(200, 404);
      assertThat(gateway.get("/").headers().firstValue("x-plugin")).isEmpty();

      var right = put(gateway, registry, named(PASSWORD));
      assertThat(right.statusCode()).as(right.body()).isEqualTo(200);
      assertThat(gateway.get("/").headers().firstValue("x-plugin")).contains("one");

      push(registry, "two");
      var docker = ", imagePullSecret: {dockerConfig: '" + dockerConfig(registry) + "'}";
      var given = put(gateway, registry, docker);
      assertThat(given.statusCode()).as(given.body()).isEqualTo(200);
      assertThat(gateway.get("/").headers().firstValue("x-plugin")).contains("two");

      push(registry, "three");
      var refreshed = gateway.admin("POST", "/plugins/label/refresh");
      assertThat(refreshed.statusCode()).as(refreshed.body()).isEqualTo(200);
      assertThat(gateway.get("/").headers().firstValue("x-plugin")).contains("three");

      var shown = gateway.admin("GET", "/config").body();
      assertThat(shown).contains("\"dockerConfig\" : \"***\"").doesNotContain(auth());
      assertThat(log.lines()).as("something was logged at all").isNotEmpty();
      assertThat(log.lines())
          .noneMatch(line -> line.contains(PASSWORD) || line.contains(WRONG))
          .noneMatch(line -> line.contains(auth()) || line.contains(dockerConfig(registry)));
    }
  }

  private DockerRegistry registry(String kind) {
    return kind.equals("tokens")
        ? DockerRegistry.withTokens(folder)
        : DockerRegistry.withPassword(folder);
  }

  private TestGateway start(DockerRegistry registry) {
    var authority = registry.authority();
    var registries =
        authority == null
            ? ""
            : "registries: [{host: \"%s\", ca: \"%s\"}]\n".formatted(registry.host(), authority);
    return TestGateway.start(
        folder,
        TestGateway.frame(upstream.port())
            + registries
            + "routes:\n  - {name: all, upstream: api}\n");
  }

  private static java.net.http.HttpResponse<String> put(
      TestGateway gateway, DockerRegistry registry, String secret) {
    return gateway.admin(
        "PUT",
        "/plugins/label",
        "{url: \"%s/team/label:1\", imagePullPolicy: Always, routes: [all]%s}"
            .formatted(registry.host(), secret));
  }

  private static String named(String password) {
    return ", imagePullSecret: {username: alice, password: '" + password + "'}";
  }

  private static String auth() {
    var plain = "alice:" + PASSWORD;
    return Base64.getEncoder().encodeToString(plain.getBytes(StandardCharsets.UTF_8));
  }

  private static String dockerConfig(DockerRegistry registry) {
    return "{\"auths\": {\"%s\": {\"auth\": \"%s\"}}}".formatted(registry.host(), auth());
  }

  private void push(DockerRegistry registry, String label) throws IOException {
    var file = Files.write(folder.resolve("pushed.wasm"), Guests.labelling(label));
    try (var client = new RegistryClient(registry.host(), registry.settings())) {
      PluginPackage.of(file)
          .push(client, PluginUrl.oci(registry.host() + "/team/label:1"), Progress.NONE);
    }
  }
}
