package dev.sluice.registry;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Is a plugin that was fetched, verified and put on disk.
 *
 * @param url where it came from
 * @param digest of the manifest for OCI artifacts, of the file's bytes otherwise
 * @param engine {@code wasm, js, python, java}, from the manifest or the media type
 * @param file the module, script or jar
 * @param manifest its plugin.yaml, if it has one
 * @param configSchema the JSON Schema of its configuration, if it has one
 */
public record PluginArtifact(
    String url,
    Digest digest,
    String engine,
    Path file,
    Optional<PluginManifest> manifest,
    Optional<String> configSchema) {
  /** Returns the version of the manifest, or an empty string. */
  public String version() {
    return manifest.map(PluginManifest::version).orElse("");
  }
}
