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
 * follows: by the type of a layer, else by the name of a file that a layer is, else in the archive
 * that is the last layer of an image.
 *
 * @param engine {@code wasm, js, python, java}
 * @param module the layer that holds the module, or an archive with it
 * @param packing how the module is in its layer
 * @param manifest the layer with plugin.yaml, or null
 * @param schema the layer with the JSON Schema, or null
 */
public record LayerReader(
    String engine,
    Descriptor module,
    Packing packing,
    @Nullable Descriptor manifest,
    @Nullable Descriptor schema) {
  /** The annotation that holds the name of a file. */
  private static final String TITLE = "org.opencontainers.image.title";

  /** The annotation of a layer that ORAS made of a folder. */
  private static final String FOLDER = "io.deis.oras.content.unpack";

  /** Says how a module is in its layer. */
  enum Packing {
    RAW,
    TAR,
    TAR_GZIP
  }

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
        return new LayerReader(engine, layer, Packing.RAW, manifest, schema);
      }
    }
    for (var layer : layers) {
      var engine = engineByName(layer);
      if (engine != null) {
        return new LayerReader(engine, layer, Packing.RAW, manifest, schema);
      }
    }
    var packing = layers.isEmpty() ? null : archive(layers.getLast());
    if (packing != null) {
      return new LayerReader("wasm", layers.getLast(), packing, manifest, schema);
    }
    throw new RegistryException(
        Reason.NOT_A_PLUGIN,
        what
            + " holds no plugin: artifact type \""
            + artifactType(document)
            + "\", layers "
            + layers.stream().map(LayerReader::shown).toList()
            + " (expected: a layer of "
            + MediaTypes.WASM
            + ", a script, a jar, or an image whose last layer holds plugin.wasm)");
  }

  private static String artifactType(JsonNode document) {
    var type = document.path("artifactType").asString("");
    return type.isEmpty() ? document.path("config").path("mediaType").asString("") : type;
  }

  private static String shown(Descriptor layer) {
    var title = layer.annotations().get(TITLE);
    return title == null ? layer.mediaType() : layer.mediaType() + " (" + title + ")";
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

  private static @Nullable String engineByName(Descriptor layer) {
    var name = layer.annotations().getOrDefault(TITLE, "");
    if (layer.annotations().containsKey(FOLDER)) {
      return null;
    }
    return switch (name.substring(name.lastIndexOf('.') + 1)) {
      case "wasm" -> "wasm";
      case "js", "mjs" -> "js";
      case "py" -> "python";
      case "jar" -> "java";
      default -> null;
    };
  }

  private static @Nullable Packing archive(Descriptor layer) {
    return switch (layer.mediaType()) {
      case MediaTypes.OCI_TAR_GZIP, MediaTypes.DOCKER_TAR_GZIP -> Packing.TAR_GZIP;
      case MediaTypes.OCI_TAR, MediaTypes.DOCKER_TAR -> Packing.TAR;
      default -> null;
    };
  }
}
