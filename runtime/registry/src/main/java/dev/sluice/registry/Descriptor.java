package dev.sluice.registry;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Points to content (OCI image specification, "Content Descriptors").
 *
 * @param size bytes
 * @param artifactType of a manifest, or null
 */
public record Descriptor(
    String mediaType,
    Digest digest,
    long size,
    @Nullable String artifactType,
    Map<String, String> annotations) {
  /** Copies the annotations. */
  public Descriptor {
    annotations = Map.copyOf(annotations);
  }

  /** Returns a descriptor without artifact type and annotations. */
  public static Descriptor of(String mediaType, Digest digest, long size) {
    return new Descriptor(mediaType, digest, size, null, Map.of());
  }
}
