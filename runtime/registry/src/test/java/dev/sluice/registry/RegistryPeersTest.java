package dev.sluice.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.registry.ArtifactResolver.Request;
import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.testing.DockerRegistry;
import dev.sluice.registry.testing.Layers;
import dev.sluice.registry.testing.PeerProgram;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Shares registries with the clients that others use, in both directions. */
@Tag("peers")
class RegistryPeersTest {
  private static final byte[] MODULE = {0, 'a', 's', 'm', 1, 0, 0, 0};

  @TempDir private Path folder;
  private Path plugin;

  @BeforeEach
  void writePlugin() throws IOException {
    plugin = Files.createDirectories(folder.resolve("plugin"));
    Files.write(plugin.resolve("plugin.wasm"), MODULE);
    Files.writeString(plugin.resolve("plugin.yaml"), "name: hello\nversion: 1.2.0\nengine: wasm\n");
  }

  @Test
  void usesARegistryWithAPasswordAndAPrivateAuthority() throws Exception {
    try (var registry = DockerRegistry.withPassword(folder)) {
      exchangesWith(registry);
      var stranger = registry.settings().withCredentials(CredentialSource.NONE);
      assertThatThrownBy(() -> resolve(registry.host() + "/team/hello:2", stranger))
          .satisfies(e -> assertThat(((RegistryException) e).reason()).isEqualTo(Reason.DENIED))
          .hasMessageContaining("401");
      var trusting = RegistrySettings.PLAIN.withHost(registry.host(), RegistrySettings.Host.USUAL);
      var other = new RegistrySettings.Host(java.util.List.of(), false, otherAuthority());
      assertThatThrownBy(
              () ->
                  resolve(
                      registry.host() + "/team/hello:2", trusting.withHost(registry.host(), other)))
          .hasMessageContaining("cannot reach https://" + registry.host());
    }
  }

  @Test
  void usesARegistryThatWantsTokens() throws Exception {
    try (var registry = DockerRegistry.withTokens(folder)) {
      exchangesWith(registry);
      var stranger =
          registry.settings().withCredentials(CredentialSource.of(new Credentials("eve", "x")));
      assertThatThrownBy(() -> resolve(registry.host() + "/team/hello:2", stranger))
          .hasMessageContaining("gave no token");
    }
  }

  /** Pushes in chunks, pulls, lists, mounts and deletes. */
  private void exchangesWith(DockerRegistry registry) throws IOException {
    var large = new byte[300_000];
    System.arraycopy(MODULE, 0, large, 0, MODULE.length);
    Files.write(plugin.resolve("plugin.wasm"), large);
    var target = PluginUrl.oci(registry.host() + "/team/hello:1");
    try (var client =
        new RegistryClient(registry.host(), registry.settings().withChunk(64 << 10))) {
      client.check();
      var packed = PluginPackage.of(plugin);
      var digest = packed.push(client, target, Progress.NONE);
      var artifact = resolve(target.text(), registry.settings());
      assertThat(artifact.digest()).isEqualTo(digest);
      assertThat(artifact.file()).hasBinaryContent(large);
      assertThat(client.tags("team/hello")).containsExactly("1");
      assertThat(client.resolve("team/hello", "1")).hasValue(digest);
      assertThat(client.mountBlob("team/other", "team/hello", Digest.of(large))).isTrue();
      assertThat(client.hasBlob("team/other", Digest.of(large))).isTrue();
      client.deleteManifest("team/hello", digest.toString());
      assertThat(client.resolve("team/hello", "1")).isEmpty();
    }
  }

  private Path otherAuthority() {
    PeerProgram.find("openssl", folder)
        .run(
            ("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=other"
                    + " -keyout other.key -out other.pem")
                .split(" "));
    return folder.resolve("other.pem");
  }

  @Test
  void listsReferrersWhereTheRegistryDoesNot() throws Exception {
    var oras = PeerProgram.find("oras", folder);
    try (var registry = DockerRegistry.open(folder);
        var client = new RegistryClient(registry.host(), registry.settings())) {
      var subject =
          PluginPackage.of(plugin)
              .push(client, PluginUrl.oci(registry.host() + "/team/hello:1"), Progress.NONE);
      var reference = registry.host() + "/team/hello:1";
      Files.writeString(folder.resolve("note.txt"), "hi");
      oras.run("attach", "--plain-http", "--artifact-type", "a/theirs", reference, "note.txt");
      pushReferrer(client, subject);
      assertThat(client.referrers("team/hello", subject, ""))
          .extracting(Descriptor::artifactType)
          .containsExactlyInAnyOrder("a/theirs", "a/ours");
      assertThat(oras.run("discover", "--plain-http", "--format", "json", reference))
          .contains("a/theirs", "a/ours");
    }
  }

  private static void pushReferrer(RegistryClient client, Digest subject) {
    var empty = "{}".getBytes(StandardCharsets.UTF_8);
    client.pushBlob(
        "team/hello", Descriptor.of(MediaTypes.EMPTY, Digest.of(empty), 2), empty, Progress.NONE);
    var size = client.manifest("team/hello", subject.toString()).descriptor().size();
    var manifest =
        """
        {"schemaVersion":2,"mediaType":"%s","artifactType":"a/ours",
         "config":{"mediaType":"%s","digest":"%s","size":2},"layers":[],
         "subject":{"mediaType":"%s","digest":"%s","size":%d}}
        """
            .formatted(
                MediaTypes.MANIFEST,
                MediaTypes.EMPTY,
                Digest.of(empty),
                MediaTypes.MANIFEST,
                subject,
                size)
            .getBytes(StandardCharsets.UTF_8);
    client.pushManifest(
        "team/hello", Digest.of(manifest).toString(), manifest, MediaTypes.MANIFEST);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void resolvesWhatOrasPushes(boolean own) throws Exception {
    var oras = PeerProgram.find("oras", folder);
    withRegistry(
        own,
        host -> {
          Files.write(folder.resolve("plugin.wasm"), MODULE);
          Files.writeString(folder.resolve("spec.yaml"), "a: 1");
          Files.writeString(folder.resolve("config.json"), "{}");
          var tar = Layers.tarGz(Map.of("plugin.wasm", MODULE));
          Files.write(folder.resolve("plugin.tar.gz"), tar);
          oras.run("push", "--plain-http", host + "/o/plain:1", "plugin.wasm:application/wasm");
          oras.run("push", "--plain-http", host + "/o/untyped:1", "plugin.wasm");
          // As Higress' pipeline does.
          oras.run(
              "push",
              "--plain-http",
              "--config",
              "config.json:application/vnd.oci.image.config.v1+json",
              host + "/o/higress:1",
              "spec.yaml:application/vnd.module.wasm.spec.v1+yaml",
              "plugin.tar.gz:application/vnd.oci.image.layer.v1.tar+gzip");
          for (var name : new String[] {"plain", "untyped", "higress"}) {
            assertThat(resolve(host + "/o/" + name + ":1").file()).hasBinaryContent(MODULE);
          }
          oras.run("push", "--plain-http", host + "/o/text:1", "spec.yaml:text/yaml");
          assertThatThrownBy(() -> resolve(host + "/o/text:1"))
              .hasMessageContaining("text/yaml")
              .hasMessageContaining("spec.yaml");
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void resolvesWhatCraneBuildsAndCopies(boolean own) throws Exception {
    var crane = PeerProgram.find("crane", folder);
    withRegistry(
        own,
        host -> {
          var layer = folder.resolve("layer.tar");
          Files.write(layer, Layers.tar(Map.of("plugin.wasm", MODULE)));
          crane.run("append", "--insecure", "-f", layer.toString(), "-t", host + "/c/docker:1");
          crane.run(
              "append",
              "--insecure",
              "--oci-empty-base",
              "-f",
              layer.toString(),
              "-t",
              host + "/c/oci:1");
          assertThat(resolve(host + "/c/docker:1").file()).hasBinaryContent(MODULE);
          assertThat(resolve(host + "/c/oci:1").file()).hasBinaryContent(MODULE);
          var pushed = push(host + "/c/ours:1");
          assertThat(crane.run("digest", "--insecure", host + "/c/ours:1").strip())
              .isEqualTo(pushed.toString());
          crane.run("copy", "--insecure", host + "/c/ours:1", host + "/c/copied:2");
          assertThat(resolve(host + "/c/copied:2").digest()).isEqualTo(pushed);
          assertThat(crane.run("ls", "--insecure", host + "/c/copied").strip()).isEqualTo("2");
          crane.run(
              "index", "append", "--insecure", "-m", host + "/c/ours:1", "-t", host + "/c/index:1");
          assertThat(resolve(host + "/c/index:1").file()).hasBinaryContent(MODULE);
          crane.run("delete", "--insecure", host + "/c/copied@" + pushed);
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void sharesArtifactsWithSkopeo(boolean own) throws Exception {
    var skopeo = PeerProgram.find("skopeo", folder);
    withRegistry(
        own,
        host -> {
          var pushed = push(host + "/s/ours:1");
          var raw =
              skopeo.run(
                  "inspect", "--raw", "--tls-verify=false", "docker://" + host + "/s/ours:1");
          assertThat(Digest.of(raw.getBytes(StandardCharsets.UTF_8))).isEqualTo(pushed);
          skopeo.run(
              "--insecure-policy",
              "copy",
              "--preserve-digests",
              "--src-tls-verify=false",
              "docker://" + host + "/s/ours:1",
              "oci:" + folder.resolve("copy") + ":v1");
          assertThat(resolve("oci-layout:" + folder.resolve("copy") + ":v1").digest())
              .isEqualTo(pushed);
          skopeo.run(
              "--insecure-policy",
              "copy",
              "--preserve-digests",
              "--dest-tls-verify=false",
              "oci:" + folder.resolve("copy") + ":v1",
              "docker://" + host + "/s/back:3");
          var back = resolve(host + "/s/back:3");
          assertThat(back.digest()).isEqualTo(pushed);
          assertThat(back.version()).isEqualTo("1.2.0");
        });
  }

  @Test
  void whatItPushesOrasPulls() throws Exception {
    var oras = PeerProgram.find("oras", folder);
    withRegistry(
        true,
        host -> {
          var pushed = push(host + "/o/ours:1");
          var out = folder.resolve("out");
          oras.run("pull", "--plain-http", "-o", out.toString(), host + "/o/ours@" + pushed);
          assertThat(out.resolve("plugin.wasm")).hasBinaryContent(MODULE);
          assertThat(out.resolve("plugin.yaml")).content().contains("name: hello");
        });
  }

  /** Runs with the registry of this project or with Debian's. */
  private void withRegistry(boolean own, Action action) throws Exception {
    if (own) {
      var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
      try (var server = RegistryServer.start(folder.resolve("registry"), address)) {
        action.run("127.0.0.1:" + server.address().getPort());
      }
    } else {
      try (var registry = DockerRegistry.open(folder)) {
        action.run(registry.host());
      }
    }
  }

  /** Does something with a registry. */
  @FunctionalInterface
  private interface Action {
    void run(String host) throws Exception;
  }

  private Digest push(String reference) {
    var target = PluginUrl.oci(reference);
    try (var client = new RegistryClient(target.registry(), RegistrySettings.PLAIN)) {
      return PluginPackage.of(plugin).push(client, target, Progress.NONE);
    }
  }

  private PluginArtifact resolve(String url) {
    return resolve(url, RegistrySettings.PLAIN);
  }

  private PluginArtifact resolve(String url, RegistrySettings settings) {
    var resolver = new ArtifactResolver(folder, folder.resolve("cache"), 1L << 30, settings);
    return resolver.resolve(
        new Request(resolver.parse(url), null, null, null, false), Progress.NONE);
  }
}
