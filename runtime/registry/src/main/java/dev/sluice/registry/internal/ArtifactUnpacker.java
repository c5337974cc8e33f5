package dev.sluice.registry.internal;

import dev.sluice.registry.Descriptor;
import dev.sluice.registry.Digest;
import dev.sluice.registry.PluginArtifact;
import dev.sluice.registry.PluginManifest;
import dev.sluice.registry.Progress;
import dev.sluice.registry.RegistryClient;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.internal.LayerReader.Packing;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Turns a manifest and its layers into a plugin on disk; keeps the parts in a content store. */
public final class ArtifactUnpacker {
  private static final long MAX_SIDE_LAYER = 1 << 20;
  private static final int MAX_DEPTH = 2;

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
    var bytes = manifest(source, reference);
    var digest = Digest.isDigest(reference) ? Digest.parse(reference) : Digest.of(bytes);
    keep(bytes, digest);
    var document = Json.object(bytes, url);
    for (int depth = 0; document.has("manifests"); depth++) {
      if (depth == MAX_DEPTH) {
        throw new RegistryException(
            Reason.NOT_A_PLUGIN, url + " is an index of indexes of indexes");
      }
      var chosen = IndexReader.choose(document, url);
      bytes = manifest(source, chosen.digest().toString());
      keep(bytes, chosen.digest());
      document = Json.object(bytes, url);
    }
    var layers = LayerReader.read(document, url);
    var manifest = side(source, layers.manifest());
    var schema = side(source, layers.schema());
    var module = fetch(source, layers.module(), progress);
    if (layers.packing() != Packing.RAW) {
      boolean gzipped = layers.packing() == Packing.TAR_GZIP;
      try (var in = store.open(module, -1, maxModule)) {
        module = store.write(TarReader.file(in, gzipped, "plugin.wasm", maxModule, url));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    store.touch(module);
    var parsed = Optional.ofNullable(manifest).map(yaml -> PluginManifest.parse(yaml, url));
    var engine =
        parsed.map(PluginManifest::engine).filter(e -> !e.isEmpty()).orElse(layers.engine());
    FileEngine.check(engine, store.path(module), url);
    return new PluginArtifact(
        url,
        digest,
        engine,
        store.path(module),
        parsed,
        Optional.ofNullable(schema).map(json -> new String(json, StandardCharsets.UTF_8)));
  }

  private void keep(byte[] bytes, Digest digest) {
    store.write(bytes, digest);
    store.touch(digest);
  }

  private byte[] manifest(ArtifactSource source, String reference) {
    return Digest.isDigest(reference) && store.intact(Digest.parse(reference))
        ? store.read(Digest.parse(reference), -1, RegistryClient.MAX_MANIFEST)
        : source.manifest(reference);
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
    store.touch(layer.digest());
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

    @Override
    public Optional<byte[]> tagged(String tag) {
      return Optional.empty();
    }

    @Override
    public List<Descriptor> referrers(Digest subject) {
      return List.of();
    }
  }
}
