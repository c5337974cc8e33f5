package dev.sluice.registry.internal;

import dev.sluice.registry.Descriptor;
import dev.sluice.registry.Digest;
import dev.sluice.registry.OciLayout;
import dev.sluice.registry.RegistryClient;
import java.io.InputStream;

/** Is where the parts of an artifact come from: a registry or a layout folder. */
public interface ArtifactSource {
  /** Returns the bytes of a manifest or index, checked when the reference is a digest. */
  byte[] manifest(String reference);

  /** Opens a blob that is checked while it is read. */
  InputStream blob(Descriptor descriptor, long limit);

  /** Takes the parts from a repository of a registry. */
  static ArtifactSource of(RegistryClient client, String repository) {
    return new ArtifactSource() {
      @Override
      public byte[] manifest(String reference) {
        return client.manifest(repository, reference).bytes();
      }

      @Override
      public InputStream blob(Descriptor descriptor, long limit) {
        return client.blob(repository, descriptor, limit);
      }
    };
  }

  /** Takes the parts from a layout folder; references are digests. */
  static ArtifactSource of(OciLayout layout) {
    return new ArtifactSource() {
      @Override
      public byte[] manifest(String reference) {
        try (var in = layout.blob(Digest.parse(reference), -1, RegistryClient.MAX_MANIFEST)) {
          return in.readAllBytes();
        } catch (java.io.IOException e) {
          throw new java.io.UncheckedIOException(e);
        }
      }

      @Override
      public InputStream blob(Descriptor descriptor, long limit) {
        return layout.blob(descriptor.digest(), descriptor.size(), limit);
      }
    };
  }
}
