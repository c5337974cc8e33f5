package dev.sluice.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.registry.ArtifactResolver.Request;
import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.testing.Layers;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Finds plugins in every form in which others publish them, and refuses the rest by name. */
class LayoutsTest {
  private static final byte[] MODULE = {0, 'a', 's', 'm', 1, 0, 0, 0};
  private static final byte[] OTHER = "other".getBytes(StandardCharsets.UTF_8);
  private static final String CONFIG = "application/vnd.oci.image.config.v1+json";

  @TempDir private Path folder;
  private OciLayout layout;

  @BeforeEach
  void create() {
    layout = OciLayout.create(folder.resolve("layout"));
  }

  /** Is a layer with its title, if it has one. */
  private record Layer(String type, byte[] bytes, String title) {
    static Layer of(String type, byte[] bytes) {
      return new Layer(type, bytes, "");
    }
  }

  @Test
  void readsAnImageOfDocker() {
    add(
        manifest(
            "application/vnd.docker.container.image.v1+json",
            "",
            Layer.of(MediaTypes.DOCKER_TAR_GZIP, Layers.tarGz(Map.of("etc/x", OTHER))),
            Layer.of(MediaTypes.DOCKER_TAR_GZIP, Layers.tarGz(Map.of("plugin.wasm", MODULE)))));
    assertThat(resolve().file()).hasBinaryContent(MODULE);
  }

  @Test
  void readsTheLastLayerOfAnImageWithSideLayers() {
    add(
        manifest(
            CONFIG,
            "",
            Layer.of("application/vnd.module.wasm.spec.v1+yaml", OTHER),
            Layer.of("application/vnd.module.wasm.doc.v1.en+markdown", OTHER),
            Layer.of(MediaTypes.OCI_TAR_GZIP, Layers.tarGz(Map.of("./plugin.wasm", MODULE)))));
    assertThat(resolve().file()).hasBinaryContent(MODULE);
  }

  @Test
  void readsAnImageThatIsNotCompressed() {
    add(
        manifest(
            CONFIG, "", Layer.of(MediaTypes.OCI_TAR, Layers.tar(Map.of("plugin.wasm", MODULE)))));
    assertThat(resolve().file()).hasBinaryContent(MODULE);
  }

  @Test
  void readsTheTwoLayersOfSolo() {
    add(
        manifest(
            CONFIG,
            "",
            Layer.of("application/vnd.module.wasm.config.v1+json", OTHER),
            Layer.of(MediaTypes.MODULE_WASM, MODULE)));
    assertThat(resolve().file()).hasBinaryContent(MODULE);
  }

  @Test
  void readsAWasmArtifact() {
    add(manifest(MediaTypes.WASM_CONFIG, "", new Layer(MediaTypes.WASM, MODULE, "x.wasm")));
    assertThat(resolve().file()).hasBinaryContent(MODULE);
  }

  @Test
  void readsWhatWasmToOciPushed() {
    add(
        manifest(
            "application/vnd.wasm.config.v1+json", "", Layer.of(MediaTypes.CONTENT_WASM, MODULE)));
    assertThat(resolve().file()).hasBinaryContent(MODULE);
  }

  @Test
  void readsAPlainArtifactByTheNameOfItsFile() {
    var script = "export default {}".getBytes(StandardCharsets.UTF_8);
    add(
        manifest(
            MediaTypes.EMPTY,
            "application/vnd.example",
            new Layer("text/markdown", OTHER, "README.md"),
            new Layer("application/octet-stream", script, "main.mjs")));
    assertThat(resolve().engine()).isEqualTo("js");
    assertThat(resolve().file()).hasBinaryContent(script);
  }

  @Test
  void choosesTheEntryForWasmOfAnIndex() {
    var wasm = manifest(MediaTypes.WASM_CONFIG, "", Layer.of(MediaTypes.WASM, MODULE));
    var image = manifest(CONFIG, "", Layer.of(MediaTypes.OCI_TAR_GZIP, OTHER));
    var index =
        index(entry(image, "linux/amd64"), entry(image, "wasm/wasip2"), entry(wasm, "wasm/wasip1"));
    layout.add(index, "1");
    var artifact = resolve();
    assertThat(artifact.file()).hasBinaryContent(MODULE);
    assertThat(artifact.digest()).isEqualTo(index.digest());
  }

  @Test
  void ignoresWhatDockerSaysAboutABuildInAnIndex() {
    var image =
        manifest(
            CONFIG,
            "",
            Layer.of(MediaTypes.OCI_TAR_GZIP, Layers.tarGz(Map.of("plugin.wasm", MODULE))));
    var attestation =
        entry(image, "unknown/unknown")
            .replace(
                "}}",
                "},\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\"}}");
    layout.add(index(entry(image, "linux/amd64"), attestation), "1");
    assertThat(resolve().file()).hasBinaryContent(MODULE);
  }

  @Test
  void refusesAnIndexThatLeavesAChoice() {
    var image = manifest(CONFIG, "", Layer.of(MediaTypes.OCI_TAR_GZIP, OTHER));
    layout.add(index(entry(image, "linux/amd64"), entry(image, "linux/arm64")), "1");
    refuses("index of [amd64/linux, arm64/linux]", "expected: a wasm platform, or one entry");
  }

  @Test
  void refusesIndexesWithoutEnd() {
    var first = index();
    for (int i = 0; i < 5; i++) {
      first = index(entry(first, "wasm/wasip1"));
    }
    layout.add(first, "1");
    refuses("index of indexes");
  }

  @Test
  void namesTheLayersOfWhatIsNoPlugin() {
    add(
        manifest(
            "application/vnd.cncf.helm.config.v1+json",
            "",
            Layer.of("application/vnd.cncf.helm.chart.content.v1.tar+gzip", OTHER)));
    refuses("vnd.cncf.helm.config", "vnd.cncf.helm.chart.content");
  }

  @Test
  void refusesAComponentAndWhatOnlyCallsItselfWasm() {
    byte[] component = {0, 'a', 's', 'm', 0x0d, 0, 1, 0};
    add(manifest(MediaTypes.WASM_CONFIG, "", Layer.of(MediaTypes.WASM, component)));
    refuses("is a WebAssembly component (expected: a module)");
    add(manifest(MediaTypes.WASM_CONFIG, "", Layer.of(MediaTypes.WASM, OTHER)));
    refuses("begins with 6f 74 68 65 72 (expected: a Wasm module)");
  }

  @Test
  void refusesAnArchiveThatLeadsElsewhere() {
    image(Layers.tarGz(Map.of("../../plugin.wasm", MODULE)));
    refuses("\"../../plugin.wasm\" leads out of its archive");
    var link = new ByteArrayOutputStream();
    Layers.entry(link, "plugin.wasm", '2', new byte[0]);
    image(Layers.gzip(link.toByteArray()));
    refuses("\"plugin.wasm\" is no regular file");
  }

  @Test
  void readsNamesThatAreTooLongForTheirField() {
    for (var type : new char[] {'L', 'x'}) {
      var path = "d/".repeat(80) + "plugin.wasm";
      var record = " path=" + path + "\n";
      var named = type == 'L' ? path + "\0" : (record.length() + 3) + record;
      var out = new ByteArrayOutputStream();
      Layers.entry(out, "long", type, named.getBytes(StandardCharsets.UTF_8));
      Layers.entry(out, path.substring(0, 99), '0', MODULE);
      image(Layers.gzip(out.toByteArray()));
      assertThat(resolve().file()).hasBinaryContent(MODULE);
    }
  }

  @Test
  void refusesAnArchiveThatUnpacksToFarMore() {
    var out = new ByteArrayOutputStream();
    Layers.entry(out, "x", '0', new byte[0]);
    var claim = out.toByteArray();
    System.arraycopy("17777777777".getBytes(StandardCharsets.US_ASCII), 0, claim, 124, 11);
    image(Layers.gzip(claim));
    refuses("unpacks to more than", "bomb");
  }

  @Test
  void refusesAnArchiveThatIsCutOffOrNone() {
    var whole = Layers.tarGz(Map.of("plugin.wasm", new byte[5000]));
    image(Arrays.copyOf(whole, whole.length - 20));
    refuses("not a tar+gzip archive");
    image(OTHER);
    refuses("not a tar+gzip archive");
  }

  private void image(byte[] layer) {
    add(manifest(CONFIG, "", Layer.of(MediaTypes.OCI_TAR_GZIP, layer)));
  }

  private void add(Descriptor manifest) {
    layout.add(manifest, "1");
  }

  private void refuses(String... parts) {
    assertThatThrownBy(this::resolve)
        .isInstanceOf(RegistryException.class)
        .satisfies(
            e ->
                assertThat(((RegistryException) e).reason())
                    .isIn(Reason.NOT_A_PLUGIN, Reason.TOO_LARGE))
        .message()
        .contains(parts);
  }

  private Descriptor manifest(String config, String artifactType, Layer... layers) {
    var list = new ArrayList<String>();
    for (var layer : layers) {
      var title =
          layer.title.isEmpty()
              ? ""
              : ",\"annotations\":{\"org.opencontainers.image.title\":\"" + layer.title + "\"}";
      list.add(
          "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d%s}"
              .formatted(layer.type, layout.write(layer.bytes), layer.bytes.length, title));
    }
    var empty = layout.write("{}".getBytes(StandardCharsets.UTF_8));
    return store(
        MediaTypes.MANIFEST,
        """
        {"schemaVersion":2,"mediaType":"%s",%s"config":{"mediaType":"%s","digest":"%s","size":2},
         "layers":[%s]}
        """
            .formatted(
                MediaTypes.MANIFEST,
                artifactType.isEmpty() ? "" : "\"artifactType\":\"" + artifactType + "\",",
                config,
                empty,
                String.join(",", list)));
  }

  private Descriptor index(String... entries) {
    return store(
        MediaTypes.INDEX,
        "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"manifests\":[%s]}"
            .formatted(MediaTypes.INDEX, String.join(",", List.of(entries))));
  }

  private static String entry(Descriptor manifest, String platform) {
    var parts = platform.startsWith("wasm") ? platform.split("/", 2) : swapped(platform);
    return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d,\"platform\":{\"architecture\":\"%s\",\"os\":\"%s\"}}"
        .formatted(manifest.mediaType(), manifest.digest(), manifest.size(), parts[0], parts[1]);
  }

  private static String[] swapped(String platform) {
    var parts = platform.split("/", 2);
    return new String[] {parts[1], parts[0]};
  }

  private Descriptor store(String type, String document) {
    var bytes = document.getBytes(StandardCharsets.UTF_8);
    return Descriptor.of(type, layout.write(bytes), bytes.length);
  }

  private PluginArtifact resolve() {
    var resolver = new ArtifactResolver(folder, folder.resolve("cache"), 1L << 30);
    var url = resolver.parse("oci-layout:" + layout.folder() + ":1");
    return resolver.resolve(new Request(url, null, null, null, false), Progress.NONE);
  }
}
