package dev.sluice.registry.internal;

import dev.sluice.registry.Descriptor;
import dev.sluice.registry.Digest;
import dev.sluice.registry.OciLayout;
import dev.sluice.registry.Progress;
import dev.sluice.registry.RegistryClient;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Is where the parts of an artifact come from: a registry or a layout folder. */
public interface ArtifactSource {
  /** Returns the bytes of a manifest or index, checked when the reference is a digest. */
  byte[] manifest(String reference);

  /**
   * Reads a blob that is checked while it is read.
   *
   * @param reader is given the blob from its start, again when a transfer broke off
   */
  void read(Descriptor descriptor, long limit, Progress progress, Consumer<InputStream> reader);

  /** Returns the manifest below a tag, if there is one. */
  Optional<byte[]> tagged(String tag);

  /** Returns the manifests whose subject is a digest. */
  List<Descriptor> referrers(Digest subject);

  /** Takes the parts from a repository of a registry. */
  static ArtifactSource of(RegistryClient client, String repository) {
    return new ArtifactSource() {
      @Override
      public byte[] manifest(String reference) {
        return client.manifest(repository, reference).bytes();
      }

      @Override
      public void read(
          Descriptor descriptor, long limit, Progress progress, Consumer<InputStream> reader) {
        client.read(repository, descriptor, limit, progress, reader);
      }

      @Override
      public Optional<byte[]> tagged(String tag) {
        try {
          return Optional.of(client.manifest(repository, tag).bytes());
        } catch (RegistryException e) {
          if (e.reason() == Reason.NOT_FOUND) {
            return Optional.empty();
          }
          throw e;
        }
      }

      @Override
      public List<Descriptor> referrers(Digest subject) {
        return client.referrers(repository, subject, "");
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
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }

      @Override
      public void read(
          Descriptor descriptor, long limit, Progress progress, Consumer<InputStream> reader) {
        try (var in = layout.blob(descriptor.digest(), descriptor.size(), limit)) {
          reader.accept(in);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }

      @Override
      public Optional<byte[]> tagged(String tag) {
        return layout.byTag(tag).map(found -> manifest(found.digest().toString()));
      }

      @Override
      public List<Descriptor> referrers(Digest subject) {
        return layout.referrers(subject);
      }
    };
  }
}
