package dev.sluice.registry;

import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.internal.FileEngine;
import dev.sluice.registry.internal.Json;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Is a plugin as an OCI artifact that is not yet anywhere: a "Wasm OCI Artifact" (CNCF TAG Runtime)
 * for modules, {@code application/vnd.sluice.plugin.v1} for scripts and jars, each with layers for
 * plugin.yaml and the schema of its configuration where there are such.
 *
 * @param blobs everything but the manifest
 * @param manifest the bytes of the manifest
 */
public record PluginPackage(List<Blob> blobs, byte[] manifest, Optional<PluginManifest> plugin) {
  /** Is a blob with its bytes. */
  public record Blob(Descriptor descriptor, byte[] bytes) {}

  /** Returns the descriptor of the manifest. */
  public Descriptor descriptor() {
    return Descriptor.of(MediaTypes.MANIFEST, Digest.of(manifest), manifest.length);
  }

  /**
   * Packs a module, script or jar; or a plugin's folder, whose module is the manifest's entry in
   * the folder or below {@code build/}.
   *
   * @throws RegistryException NOT_A_PLUGIN with what is missing
   */
  public static PluginPackage of(Path path) {
    try {
      return Files.isDirectory(path)
          ? ofFolder(path)
          : ofFile(path, path.toAbsolutePath().resolveSibling("."));
    } catch (IOException e) {
      throw new RegistryException(Reason.UNAVAILABLE, "cannot read " + path + ": " + e, e);
    }
  }

  private static PluginPackage ofFolder(Path folder) throws IOException {
    var yaml = folder.resolve("plugin.yaml");
    if (!Files.isRegularFile(yaml)) {
      throw new RegistryException(
          Reason.NOT_A_PLUGIN, folder + " has no plugin.yaml (expected: a plugin's folder)");
    }
    var manifest = PluginManifest.parse(Files.readAllBytes(yaml), yaml.toString());
    var entry = manifest.entry().isEmpty() ? "plugin.wasm" : manifest.entry();
    var module =
        Stream.of(folder.resolve("build").resolve(entry), folder.resolve(entry))
            .filter(Files::isRegularFile)
            .findFirst()
            .orElseThrow(
                () ->
                    new RegistryException(
                        Reason.NOT_A_PLUGIN,
                        folder
                            + " has neither build/"
                            + entry
                            + " nor "
                            + entry
                            + "; build it first (sluice plugin build)"));
    return ofFile(module, folder);
  }

  private static PluginPackage ofFile(Path module, Path folder) throws IOException {
    if (!Files.isRegularFile(module)) {
      throw new RegistryException(Reason.NOT_FOUND, module + ": there is no such file");
    }
    var engine = FileEngine.of(module);
    var blobs = new ArrayList<Blob>();
    var layers = new ArrayList<Descriptor>();
    var moduleName = module.getFileName();
    add(
        blobs,
        layers,
        mediaType(engine),
        Files.readAllBytes(module),
        moduleName == null ? "plugin" : moduleName.toString());
    var yaml = folder.resolve("plugin.yaml");
    Optional<PluginManifest> plugin = Optional.empty();
    if (Files.isRegularFile(yaml)) {
      var bytes = Files.readAllBytes(yaml);
      var parsed = PluginManifest.parse(bytes, yaml.toString());
      plugin = Optional.of(parsed);
      add(blobs, layers, MediaTypes.PLUGIN_MANIFEST, bytes, "plugin.yaml");
      if (!parsed.configSchema().isEmpty()) {
        var schema = folder.resolve(parsed.configSchema());
        if (!Files.isRegularFile(schema)) {
          throw new RegistryException(
              Reason.NOT_A_PLUGIN, yaml + ": configSchema: there is no file " + schema);
        }
        add(
            blobs,
            layers,
            MediaTypes.PLUGIN_SCHEMA,
            Files.readAllBytes(schema),
            parsed.configSchema());
      }
    }
    boolean wasm = engine.equals("wasm");
    var config = wasm ? wasmConfig(layers.getFirst().digest()) : new byte[] {'{', '}'};
    var configType = wasm ? MediaTypes.WASM_CONFIG : MediaTypes.EMPTY;
    var configDescriptor = Descriptor.of(configType, Digest.of(config), config.length);
    blobs.add(new Blob(configDescriptor, config));
    return new PluginPackage(
        List.copyOf(blobs), manifest(configDescriptor, layers, wasm, plugin), plugin);
  }

  private static void add(
      List<Blob> blobs, List<Descriptor> layers, String type, byte[] bytes, String title) {
    var descriptor =
        new Descriptor(
            type,
            Digest.of(bytes),
            bytes.length,
            null,
            Map.of("org.opencontainers.image.title", title));
    layers.add(descriptor);
    blobs.add(new Blob(descriptor, bytes));
  }

  private static String mediaType(String engine) {
    return switch (engine) {
      case "wasm" -> MediaTypes.WASM;
      case "js" -> MediaTypes.JAVASCRIPT;
      case "python" -> MediaTypes.PYTHON;
      default -> MediaTypes.JAR;
    };
  }

  private static byte[] wasmConfig(Digest module) {
    var config = Json.MAPPER.createObjectNode();
    config.put("architecture", "wasm");
    config.put("os", "wasip1");
    config.putArray("layerDigests").add(module.toString());
    return Json.bytes(config);
  }

  private static byte[] manifest(
      Descriptor config, List<Descriptor> layers, boolean wasm, Optional<PluginManifest> plugin) {
    var manifest = Json.MAPPER.createObjectNode();
    manifest.put("schemaVersion", 2);
    manifest.put("mediaType", MediaTypes.MANIFEST);
    if (!wasm) {
      manifest.put("artifactType", MediaTypes.PLUGIN);
    }
    manifest.set("config", Json.node(config));
    var array = manifest.putArray("layers");
    layers.forEach(layer -> array.add(Json.node(layer)));
    plugin.ifPresent(
        p -> {
          var annotations = manifest.putObject("annotations");
          annotations.put("org.opencontainers.image.title", p.name());
          annotations.put("org.opencontainers.image.version", p.version());
          annotations.put("org.opencontainers.image.description", p.description());
        });
    return Json.bytes(manifest);
  }

  /** Writes it into a layout folder, under a tag. */
  public Descriptor writeTo(OciLayout layout, String tag) {
    for (var blob : blobs) {
      if (!layout.contains(blob.descriptor().digest())) {
        layout.write(new ByteArrayInputStream(blob.bytes()), blob.descriptor().digest());
      }
    }
    layout.write(manifest);
    layout.add(descriptor(), tag);
    return descriptor();
  }

  /** Pushes it to a registry and returns the digest of its manifest. */
  public Digest push(RegistryClient client, PluginUrl.Oci target, Progress progress) {
    for (var blob : blobs) {
      client.pushBlob(target.repository(), blob.descriptor(), blob.bytes(), progress);
    }
    client.pushManifest(target.repository(), target.reference(), manifest, MediaTypes.MANIFEST);
    return descriptor().digest();
  }
}
