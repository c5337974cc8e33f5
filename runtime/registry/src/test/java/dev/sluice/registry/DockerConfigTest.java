package dev.sluice.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.registry.RegistryException.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads the files that Docker's, Podman's and Kubernetes' tools write, and asks real programs. */
class DockerConfigTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "r.example:5000",
        "https://r.example:5000",
        "https://r.example:5000/v2/",
        "r.example:5000/v1"
      })
  void findsALoginWhateverItsToolWroteAsName(String key) throws IOException {
    var config =
        config("{\"auths\": {\"%s\": {\"auth\": \"%s\"}}}".formatted(key, auth("ci:pa:ss")));

    assertThat(config.find("r.example:5000", "team/hello"))
        .contains(new Credentials("ci", "pa:ss"));
    assertThat(config.find("r.example", "team/hello")).isEmpty();
    assertThat(config.find("evil-r.example:5000", "team/hello")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://index.docker.io/v1/",
        "docker.io",
        "index.docker.io",
        "registry-1.docker.io"
      })
  void knowsTheNamesOfDockerHub(String key) throws IOException {
    var config = config("{\"auths\": {\"%s\": {\"auth\": \"%s\"}}}".formatted(key, auth("a:b")));

    assertThat(config.find("docker.io", "library/hello")).contains(new Credentials("a", "b"));
  }

  @Test
  void takesTheEntryWithTheLongestName() throws IOException {
    var config =
        config(
            """
            {"auths": {
              "r.example": {"auth": "%s"},
              "r.example/team": {"auth": "%s"},
              "r.example/team/hello": {"username": "hello", "password": "3"}}}
            """
                .formatted(auth("all:1"), auth("team:2")));

    assertThat(config.find("r.example", "other/x")).contains(new Credentials("all", "1"));
    assertThat(config.find("r.example", "team/x")).contains(new Credentials("team", "2"));
    assertThat(config.find("r.example", "team/hello")).contains(new Credentials("hello", "3"));
    assertThat(config.find("r.example", "teams/x")).contains(new Credentials("all", "1"));
  }

  @Test
  void readsTokens() throws IOException {
    var config =
        config(
            """
            {"auths": {
              "identity.example": {"auth": "%s", "identitytoken": "refresh"},
              "registry.example": {"registrytoken": "bearer"}}}
            """
                .formatted(auth("<token>:")));

    assertThat(config.find("identity.example", "a/b").orElseThrow().identityToken())
        .isEqualTo("refresh");
    assertThat(config.find("registry.example", "a/b").orElseThrow().registryToken())
        .isEqualTo("bearer");
  }

  @Test
  void asksTheProgramOfARegistryAndTheStoreForTheOthers() throws IOException {
    program("own", "read host; printf '{\"Username\":\"own\",\"Secret\":\"%s\"}' \"$host\"");
    program("all", "read host; printf '{\"Username\":\"<token>\",\"Secret\":\"%s\"}' \"$host\"");
    var config =
        config("{\"credHelpers\": {\"r.example:5000\": \"own\"}, \"credsStore\": \"all\"}");

    assertThat(config.find("r.example:5000", "a/b"))
        .contains(new Credentials("own", "r.example:5000"));
    assertThat(config.find("other.example", "a/b")).contains(Credentials.identity("other.example"));
    assertThat(config.find("docker.io", "library/a").orElseThrow().identityToken())
        .isEqualTo("https://index.docker.io/v1/");
  }

  @Test
  void takesTheFileWhereTheProgramKnowsNothing() throws IOException {
    program("none", "echo 'credentials not found in native keychain'; exit 1");
    var config =
        config(
            "{\"credsStore\": \"none\", \"auths\": {\"r.example\": {\"auth\": \"%s\"}}}"
                .formatted(auth("file:1")));

    assertThat(config.find("r.example", "a/b")).contains(new Credentials("file", "1"));
  }

  @Test
  void saysWhichProgramFailedAndKeepsSecretsOutOfIt() throws IOException {
    program("locked", "echo 'the keychain is locked'; exit 1");
    program("garbled", "echo 'hunter2 {'");
    var config =
        config(
            "{\"credHelpers\": {\"a.example\": \"locked\", \"b.example\": \"garbled\","
                + " \"c.example\": \"absent\", \"d.example\": \"../evil\"}}");

    assertDenied(
        config,
        "a.example",
        "docker-credential-locked gave no credentials for a.example: the keychain is locked");
    assertDenied(config, "b.example", "docker-credential-garbled answered no JSON");
    assertDenied(config, "c.example", "cannot run docker-credential-absent");
    assertDenied(config, "d.example", "credential helper \"../evil\"");
  }

  @Test
  void runsNoProgramThatAPullSecretNames() throws IOException {
    var ran = folder.resolve("ran");
    program("evil", "touch " + ran);
    var secret =
        DockerConfig.ofSecret(
            "{\"auths\": {\"r.example\": {\"auth\": \"%s\"}}, \"credsStore\": \"evil\"}"
                .formatted(auth("a:b")));

    assertThat(secret.find("r.example", "a/b")).contains(new Credentials("a", "b"));
    assertThat(secret.find("other.example", "a/b")).isEmpty();
    assertThat(ran).doesNotExist();
  }

  @Test
  void looksWherePodmanLooksThenWhereDockerDoes() throws IOException {
    var podman = Files.createDirectories(folder.resolve("run/containers"));
    var docker = Files.createDirectories(folder.resolve("home/.docker"));
    Files.writeString(
        podman.resolve("auth.json"),
        "{\"auths\": {\"r.example\": {\"auth\": \"%s\"}}}".formatted(auth("podman:1")));
    Files.writeString(
        docker.resolve("config.json"),
        "{\"auths\": {\"r.example\": {\"auth\": \"%1$s\"}, \"s.example\": {\"auth\": \"%1$s\"}}}"
            .formatted(auth("docker:2")));
    var user =
        DockerConfig.ofUser(
            Map.of("XDG_RUNTIME_DIR", folder.resolve("run").toString()), folder.resolve("home"));

    assertThat(user.find("r.example", "a/b")).contains(new Credentials("podman", "1"));
    assertThat(user.find("s.example", "a/b")).contains(new Credentials("docker", "2"));
    assertThat(user.find("t.example", "a/b")).isEmpty();
  }

  @Test
  void seesANewLoginAtOnce() throws IOException {
    var file = folder.resolve("config.json");
    var config = DockerConfig.of(file, Map.of());
    assertThat(config.find("r.example", "a/b")).isEmpty();

    Files.writeString(
        file, "{\"auths\": {\"r.example\": {\"auth\": \"%s\"}}}".formatted(auth("a:b")));

    assertThat(config.find("r.example", "a/b")).contains(new Credentials("a", "b"));
  }

  @Test
  void saysWhatIsWrongWithAFileAndNotWhatItHolds() throws IOException {
    var broken = config("{\"auths\": {\"r.example\": {\"auth\": \"hunter2");
    var noColon =
        config("{\"auths\": {\"r.example\": {\"auth\": \"%s\"}}}".formatted(auth("hunter2")));

    assertThatThrownBy(() -> broken.find("r.example", "a/b"))
        .hasMessageContaining("config")
        .hasMessageContaining("is no JSON object")
        .hasMessageNotContaining("hunter2");
    assertThatThrownBy(() -> noColon.find("r.example", "a/b"))
        .hasMessageContaining("r.example: auth (expected: name:password in base64)")
        .hasMessageNotContaining("hunter2");
    assertThatThrownBy(() -> DockerConfig.ofSecret("{\"password\": \"hunter2\"}"))
        .hasMessageContaining("expected: JSON with an object auths")
        .hasMessageNotContaining("hunter2");
  }

  private void assertDenied(CredentialSource config, String registry, String message) {
    assertThatThrownBy(() -> config.find(registry, "a/b"))
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.reason()).isEqualTo(Reason.DENIED))
        .hasMessageContaining(message)
        .hasMessageNotContaining("hunter2");
  }

  private DockerConfig config(String json) throws IOException {
    var file = Files.createTempFile(folder, "config", ".json");
    Files.writeString(file, json);
    return DockerConfig.of(file, Map.of("PATH", folder + ":/usr/bin:/bin"));
  }

  private void program(String name, String script) throws IOException {
    var file = folder.resolve("docker-credential-" + name);
    Files.writeString(file, "#!/bin/sh\n[ \"$1\" = get ] || exit 9\n" + script + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
  }

  private static String auth(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
