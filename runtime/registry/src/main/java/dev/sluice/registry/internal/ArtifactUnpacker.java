package dev.sluice.registry.internal;

import dev.sluice.registry.Descriptor;
import dev.sluice.registry.Digest;
import dev.sluice.registry.PluginArtifact;
import dev.sluice.registry.PluginManifest;
import dev.sluice.registry.Progress;
import dev.sluice.registry.RegistryClient;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Turns a manifest and its layers into a plugin on disk; keeps the parts in a content store. */
public final class ArtifactUnpacker {
  private static final long MAX_SIDE_LAYER = 1 << 20;

  private final ContentStore store;
  private final long maxModule;

  /** Unpacks into a store. */
  public ArtifactUnpacker(ContentStore store, long maxModule) {
    this.store = store;
    this.maxModule = maxModule;
  }

  /** Returns a plugin whose parts are all in the store and intact. */
  public Optional<PluginArtifact> cached(String url, Digest digest) {
    if (!store.intact(digest)) {
      return Optional.empty();
    }
    try {
      return Optional.of(unpack(url, new Stored(), digest.toString(), Progress.NONE));
    } catch (RegistryException e) {
      if (e.reason() == Reason.NOT_FOUND || e.reason() == Reason.MISMATCH) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Fetches what is not in the store and answers the plugin. */
  public PluginArtifact unpack(
      String url, ArtifactSource source, String reference, Progress progress) {
    var bytes = source.manifest(reference);
    var document = Json.object(bytes, url);
    if (document.has("manifests")) {
      bytes = source.manifest(choose(document, url).digest().toString());
      document = Json.object(bytes, url);
    }
    var digest = store.write(bytes);
    var layers = LayerReader.read(document, url);
    var manifest = side(source, layers.manifest());
    var schema = side(source, layers.schema());
    var module = fetch(source, layers.module(), progress);
    if (layers.archived()) {
      try (var in = store.open(module, -1, maxModule)) {
        module = store.write(TarReader.file(in, "plugin.wasm", maxModule, url));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    var parsed = Optional.ofNullable(manifest).map(yaml -> PluginManifest.parse(yaml, url));
    var engine = parsed.map(PluginManifest::engine).filter(e -> !e.isEmpty());
    return new PluginArtifact(
        url,
        digest,
        engine.orElse(layers.engine()),
        store.path(module),
        parsed,
        Optional.ofNullable(schema).map(json -> new String(json, StandardCharsets.UTF_8)));
  }

  /** Chooses the entry of an index that is for Wasm, or the only one. */
  private static Descriptor choose(ObjectNode index, String url) {
    List<Descriptor> all = new ArrayList<>();
    List<String> platforms = new ArrayList<>();
    for (var node : index.path("manifests")) {
      var platform = node.path("platform");
      var name =
          platform.path("architecture").asString("") + "/" + platform.path("os").asString("");
      if (name.startsWith("wasm")) {
        return Json.descriptor(node, url);
      }
      all.add(Json.descriptor(node, url));
      platforms.add(name);
    }
    if (all.size() != 1) {
      throw new RegistryException(
          Reason.NOT_A_PLUGIN,
          url + " is an index of " + platforms + " (expected: a wasm platform, or one entry)");
    }
    return all.getFirst();
  }

  private byte @Nullable [] side(ArtifactSource source, @Nullable Descriptor layer) {
    if (layer == null) {
      return null;
    }
    if (layer.size() > MAX_SIDE_LAYER) {
      throw new RegistryException(
          Reason.TOO_LARGE,
          "layer "
              + layer.mediaType()
              + ": "
              + layer.size()
              + " bytes (expected: at most "
              + MAX_SIDE_LAYER
              + ")");
    }
    return store.read(fetch(source, layer, Progress.NONE), layer.size(), MAX_SIDE_LAYER);
  }

  private Digest fetch(ArtifactSource source, Descriptor layer, Progress progress) {
    if (!store.intact(layer.digest())) {
      source.read(layer, maxModule, progress, in -> store.write(in, layer.digest()));
    }
    return layer.digest();
  }

  /** Takes the parts from the store itself. */
  private final class Stored implements ArtifactSource {
    @Override
    public byte[] manifest(String reference) {
      return store.read(Digest.parse(reference), -1, RegistryClient.MAX_MANIFEST);
    }

    @Override
    public void read(
        Descriptor descriptor, long limit, Progress progress, Consumer<InputStream> reader) {
      throw new RegistryException(Reason.NOT_FOUND, descriptor.digest() + " is not in the cache");
    }
  }
}
