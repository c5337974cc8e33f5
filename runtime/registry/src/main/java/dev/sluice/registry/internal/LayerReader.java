package dev.sluice.registry.internal;

import dev.sluice.registry.Descriptor;
import dev.sluice.registry.MediaTypes;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Finds the plugin among the layers of a manifest, whichever of the conventions in the wild it
 * follows.
 *
 * @param engine {@code wasm, js, python, java}
 * @param module the layer that holds the module, or an archive with it
 * @param archived whether the layer is a tar+gzip with {@code plugin.wasm} in it
 * @param manifest the layer with plugin.yaml, or null
 * @param schema the layer with the JSON Schema, or null
 */
public record LayerReader(
    String engine,
    Descriptor module,
    boolean archived,
    @Nullable Descriptor manifest,
    @Nullable Descriptor schema) {
  /**
   * Reads a manifest.
   *
   * @throws RegistryException NOT_A_PLUGIN naming what was found
   */
  public static LayerReader read(JsonNode document, String what) {
    List<Descriptor> layers = new ArrayList<>();
    document.path("layers").forEach(layer -> layers.add(Json.descriptor(layer, what)));
    var manifest = byType(layers, MediaTypes.PLUGIN_MANIFEST).orElse(null);
    var schema = byType(layers, MediaTypes.PLUGIN_SCHEMA).orElse(null);
    for (var layer : layers) {
      var engine = engine(layer.mediaType());
      if (engine != null) {
        return new LayerReader(engine, layer, false, manifest, schema);
      }
    }
    if (!layers.isEmpty() && isArchive(layers.getLast().mediaType())) {
      return new LayerReader("wasm", layers.getLast(), true, manifest, schema);
    }
    throw new RegistryException(
        Reason.NOT_A_PLUGIN,
        what
            + " holds no plugin: artifact type \""
            + document.path("artifactType").asString("")
            + "\", layers "
            + layers.stream().map(Descriptor::mediaType).toList()
            + " (expected: a layer of "
            + MediaTypes.WASM
            + ", a script, a jar, or an image whose last layer holds plugin.wasm)");
  }

  private static Optional<Descriptor> byType(List<Descriptor> layers, String type) {
    return layers.stream().filter(layer -> layer.mediaType().equals(type)).findFirst();
  }

  private static @Nullable String engine(String mediaType) {
    return switch (mediaType) {
      case MediaTypes.WASM, MediaTypes.MODULE_WASM, MediaTypes.CONTENT_WASM -> "wasm";
      case MediaTypes.JAVASCRIPT -> "js";
      case MediaTypes.PYTHON -> "python";
      case MediaTypes.JAR -> "java";
      default -> null;
    };
  }

  private static boolean isArchive(String mediaType) {
    return mediaType.equals(MediaTypes.OCI_TAR_GZIP)
        || mediaType.equals(MediaTypes.DOCKER_TAR_GZIP);
  }
}
