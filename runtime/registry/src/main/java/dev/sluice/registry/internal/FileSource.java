package dev.sluice.registry.internal;

import dev.sluice.registry.PluginArtifact;
import dev.sluice.registry.PluginManifest;
import dev.sluice.registry.PluginUrl;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Takes a plugin from a file; its plugin.yaml and schema may stand beside it. */
public final class FileSource {
  private FileSource() {}

  /** Reads a file into the store, so that later changes of it harm nobody. */
  public static PluginArtifact read(PluginUrl.File url, ContentStore store, long limit) {
    var path = url.path();
    try {
      if (!Files.isRegularFile(path)) {
        throw new RegistryException(Reason.NOT_FOUND, url.text() + ": there is no such file");
      }
      if (Files.size(path) > limit) {
        throw new RegistryException(
            Reason.TOO_LARGE,
            url.text() + ": " + Files.size(path) + " bytes (expected: at most " + limit + ")");
      }
      var bytes = Files.readAllBytes(path);
      var digest = store.write(bytes);
      var manifest = manifest(path);
      var schema =
          manifest
              .filter(m -> !m.configSchema().isEmpty())
              .map(m -> path.resolveSibling(m.configSchema()))
              .filter(Files::isRegularFile);
      return new PluginArtifact(
          url.text(),
          digest,
          FileEngine.of(url.text(), bytes),
          store.path(digest),
          manifest,
          schema.isEmpty()
              ? Optional.empty()
              : Optional.of(Files.readString(schema.get(), StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new RegistryException(Reason.UNAVAILABLE, "cannot read " + path + ": " + e, e);
    }
  }

  private static Optional<PluginManifest> manifest(Path module) throws IOException {
    var yaml = module.resolveSibling("plugin.yaml");
    return Files.isRegularFile(yaml)
        ? Optional.of(PluginManifest.parse(Files.readAllBytes(yaml), yaml.toString()))
        : Optional.empty();
  }
}
