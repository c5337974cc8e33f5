package dev.sluice.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.registry.ArtifactResolver.PullPolicy;
import dev.sluice.registry.ArtifactResolver.Request;
import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.testing.Layers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArtifactResolverTest {
  private static final byte[] MODULE = {0, 'a', 's', 'm', 1, 0, 0, 0};
  private static final String YAML =
      "name: hello\nversion: 1.2.0\nengine: wasm\nentry: plugin.wasm\npriority: 7\n"
          + "phase: AUTHZ\ncapabilities: [metrics]\nconfigSchema: config.schema.json\n";

  @TempDir private Path folder;
  private RegistryServer server;
  private ArtifactResolver resolver;

  @BeforeEach
  void start() {
    server = RegistryServer.start(folder.resolve("registry"), loopback(0));
    resolver = newResolver();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void pullsWhatWasPushedWithManifestAndSchema() throws IOException {
    var digest = push("1.2.0", MODULE);
    var artifact = resolve("oci://" + host() + "/team/hello:1.2.0");
    assertThat(artifact.digest()).isEqualTo(digest);
    assertThat(artifact.engine()).isEqualTo("wasm");
    assertThat(artifact.version()).isEqualTo("1.2.0");
    assertThat(artifact.manifest().orElseThrow().priority()).hasValue(7);
    assertThat(artifact.configSchema()).hasValue("{}");
    assertThat(artifact.file()).hasBinaryContent(MODULE);
  }

  @Test
  void pullsByDigestAndRefusesAnother() throws IOException {
    var digest = push("1.2.0", MODULE);
    assertThat(resolve(host() + "/team/hello@" + digest).digest()).isEqualTo(digest);
    var other = Digest.of("other".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(
            () ->
                resolver.resolve(
                    new Request(
                        parse("oci://" + host() + "/team/hello:1.2.0"),
                        other,
                        PullPolicy.ALWAYS,
                        null,
                        false),
                    Progress.NONE))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining(digest.toString())
        .hasMessageContaining(other.toString());
  }

  @Test
  void servesFromTheCacheWhileTheRegistryIsDown() throws IOException {
    push("latest", MODULE);
    var url = "oci://" + host() + "/team/hello:latest";
    var before = resolve(url);
    server.close();
    assertThat(newResolver().resolve(request(url), Progress.NONE).digest())
        .isEqualTo(before.digest());
  }

  @Test
  void saysThatTheRegistryIsDownWhenNothingIsCached() {
    server.close();
    assertThatThrownBy(() -> resolve("oci://" + host() + "/team/hello:1"))
        .hasMessageContaining("cannot reach http://" + host());
  }

  @Test
  void followsATagThatMovesOnlyWhenAsked() throws IOException {
    var url = "oci://" + host() + "/team/hello:1";
    var first = push("1", MODULE);
    resolve(url);
    var second = push("1", new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0, 0, 1, 0});
    assertThat(resolve(url).digest()).isEqualTo(first);
    var always = new Request(parse(url), null, PullPolicy.ALWAYS, null, false);
    assertThat(resolver.resolve(always, Progress.NONE).digest()).isEqualTo(second);
  }

  @Test
  void replacesACachedBlobThatIsCutOff() throws IOException {
    push("1", MODULE);
    var url = "oci://" + host() + "/team/hello:1";
    var file = resolve(url).file();
    Files.write(file, Arrays.copyOf(MODULE, 3));
    assertThat(newResolver().resolve(request(url), Progress.NONE).file()).hasBinaryContent(MODULE);
  }

  @Test
  void refusesABlobThatTheRegistryCorrupted() throws IOException {
    push("1", MODULE);
    var layout = OciLayout.open(folder.resolve("registry/team/hello"));
    Files.write(layout.path(Digest.of(MODULE)), new byte[] {0, 'a', 's', 'm', 9, 9, 9, 9});
    assertThatThrownBy(() -> resolve("oci://" + host() + "/team/hello:1"))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("expected: " + Digest.of(MODULE));
  }

  @Test
  void refusesABlobThatIsShorterThanDeclared() throws IOException {
    push("1", MODULE);
    var layout = OciLayout.open(folder.resolve("registry/team/hello"));
    Files.write(layout.path(Digest.of(MODULE)), Arrays.copyOf(MODULE, 5));
    assertThatThrownBy(() -> resolve("oci://" + host() + "/team/hello:1"))
        .hasMessageContaining("5 bytes (expected: 8)");
  }

  @Test
  void findsPluginWasmInTheLastLayerOfAnImage() throws IOException {
    image(Layers.tarGz(Map.of("app/plugin.wasm", MODULE)));
    assertThat(resolve("oci://" + host() + "/team/image:1").file()).hasBinaryContent(MODULE);
  }

  @Test
  void namesWhatItFoundInAnImageThatIsNoPlugin() throws IOException {
    image(Layers.tarGz(Map.of("bin/sh", MODULE)));
    assertThatThrownBy(() -> resolve("oci://" + host() + "/team/image:1"))
        .hasMessageContaining("holds no file plugin.wasm");
    var text = "hi".getBytes(StandardCharsets.UTF_8);
    artifact("text/plain", text);
    assertThatThrownBy(() -> resolve("oci://" + host() + "/team/image:1"))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("[text/plain]");
  }

  @Test
  void readsALayoutFolderAndAFile() throws IOException {
    var layout = OciLayout.create(folder.resolve("layout"));
    var descriptor = pack(MODULE).writeTo(layout, "1");
    assertThat(resolve("oci-layout:" + layout.folder()).digest()).isEqualTo(descriptor.digest());
    var file = Files.write(folder.resolve("x.wasm"), MODULE);
    assertThat(resolve("file:" + file).digest()).isEqualTo(Digest.of(MODULE));
    assertThat(resolve("file:x.wasm").file()).hasBinaryContent(MODULE);
  }

  @Test
  void refusesAFileThatIsNoModule() throws IOException {
    var file = Files.writeString(folder.resolve("x.wasm"), "<html>");
    assertThatThrownBy(() -> resolve("file:" + file))
        .hasMessageContaining("3c 68 74 6d 6c 3e")
        .hasMessageContaining("expected: a Wasm module");
  }

  @Test
  void keepsItsCacheToItself() throws IOException {
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("cache"))))
        .isEqualTo("rwx------");
  }

  @Test
  void severalMayPullTheSamePluginAtOnce() throws Exception {
    push("1", MODULE);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var tasks = new ArrayList<Callable<PluginArtifact>>();
      for (int i = 0; i < 16; i++) {
        tasks.add(
            () ->
                newResolver().resolve(request("oci://" + host() + "/team/hello:1"), Progress.NONE));
      }
      for (var result : threads.invokeAll(tasks)) {
        assertThat(result.get().file()).hasBinaryContent(MODULE);
      }
    }
    try (var blobs = Files.list(folder.resolve("cache/blobs/sha256"))) {
      assertThat(blobs).noneMatch(file -> file.toString().contains(".tmp-"));
    }
  }

  @Test
  void reportsEveryProblemOfAManifest() throws IOException {
    Files.writeString(folder.resolve("plugin.yaml"), "name: Hello World\nengine: lua\nfoo: 1\n");
    Files.write(folder.resolve("plugin.wasm"), MODULE);
    assertThatThrownBy(() -> PluginPackage.of(folder))
        .isInstanceOf(RegistryException.class)
        .satisfies(e -> assertThat(((RegistryException) e).reason()).isEqualTo(Reason.NOT_A_PLUGIN))
        .hasMessageContaining("foo: unknown field")
        .hasMessageContaining("name: \"Hello World\"")
        .hasMessageContaining("engine: \"lua\"");
  }

  private Digest push(String tag, byte[] module) throws IOException {
    try (var client = new RegistryClient(host(), null, false)) {
      return pack(module).push(client, PluginUrl.oci(host() + "/team/hello:" + tag), Progress.NONE);
    }
  }

  private PluginPackage pack(byte[] module) throws IOException {
    var plugin = Files.createDirectories(folder.resolve("plugin"));
    Files.writeString(plugin.resolve("plugin.yaml"), YAML);
    Files.writeString(plugin.resolve("config.schema.json"), "{}");
    Files.write(plugin.resolve("plugin.wasm"), module);
    return PluginPackage.of(plugin);
  }

  private void image(byte[] layer) throws IOException {
    artifact(MediaTypes.OCI_TAR_GZIP, layer);
  }

  private void artifact(String layerType, byte[] layer) throws IOException {
    var layout = OciLayout.create(folder.resolve("registry/team/image"));
    var config = layout.write("{}".getBytes(StandardCharsets.UTF_8));
    var digest = layout.write(layer);
    var manifest =
        layout.write(
            """
            {"schemaVersion":2,"config":{"mediaType":"x","digest":"%s","size":2},
             "layers":[{"mediaType":"%s","digest":"%s","size":%d}]}
            """
                .formatted(config, layerType, digest, layer.length)
                .getBytes(StandardCharsets.UTF_8));
    layout.add(
        Descriptor.of(MediaTypes.MANIFEST, manifest, Files.size(layout.path(manifest))), "1");
  }

  private PluginArtifact resolve(String url) {
    return resolver.resolve(request(url), Progress.NONE);
  }

  private Request request(String url) {
    return new Request(parse(url), null, null, null, false);
  }

  private PluginUrl parse(String url) {
    return resolver.parse(url);
  }

  private ArtifactResolver newResolver() {
    return new ArtifactResolver(folder, folder.resolve("cache"), 1L << 30);
  }

  private String host() {
    return "127.0.0.1:" + server.address().getPort();
  }

  private static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }
}
