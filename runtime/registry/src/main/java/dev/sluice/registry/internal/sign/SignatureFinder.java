package dev.sluice.registry.internal.sign;

import dev.sluice.registry.Descriptor;
import dev.sluice.registry.Digest;
import dev.sluice.registry.MediaTypes;
import dev.sluice.registry.Progress;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.internal.ArtifactSource;
import dev.sluice.registry.internal.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** Finds the signatures of an artifact, in both forms, wherever the artifact is. */
public final class SignatureFinder {
  /** The annotation that holds a signature in the tag form. */
  static final String ANNOTATION = "dev.cosignproject.cosign/signature";

  private static final String BUNDLES = "application/vnd.dev.sigstore.bundle";
  private static final int MAX_BLOB = 1 << 20;
  private static final int MAX_SIGNATURES = 100;

  private final ArtifactSource source;

  /** Looks in a repository or a layout. */
  public SignatureFinder(ArtifactSource source) {
    this.source = source;
  }

  /** Returns the tag of the signatures of a digest. */
  public static String tag(Digest digest) {
    return digest.algorithm() + "-" + digest.hex() + ".sig";
  }

  /** Returns what is there; a signature that cannot be read is left out. */
  public List<FoundSignature> find(Digest subject) {
    List<FoundSignature> found = new ArrayList<>();
    var tagged = source.tagged(tag(subject));
    tagged.ifPresent(bytes -> readTagged(bytes, found));
    for (var referrer : source.referrers(subject)) {
      var type = referrer.artifactType();
      if (type != null && type.startsWith(BUNDLES) && found.size() < MAX_SIGNATURES) {
        readBundle(referrer, found);
      }
    }
    return found;
  }

  private void readTagged(byte[] manifest, List<FoundSignature> found) {
    for (var node : Json.object(manifest, "the signatures").path("layers")) {
      if (found.size() == MAX_SIGNATURES) {
        return;
      }
      var layer = Json.descriptor(node, "a signature");
      var signature = decode(layer.annotations().getOrDefault(ANNOTATION, ""));
      if (layer.mediaType().equals(MediaTypes.SIMPLE_SIGNING) && signature.isPresent()) {
        read(layer)
            .ifPresent(bytes -> found.add(new FoundSignature.Tagged(bytes, signature.get())));
      }
    }
  }

  private void readBundle(Descriptor referrer, List<FoundSignature> found) {
    try {
      var manifest = Json.object(source.manifest(referrer.digest().toString()), "a bundle");
      for (var node : manifest.path("layers")) {
        var layer = Json.descriptor(node, "a bundle");
        if (layer.mediaType().startsWith(BUNDLES)) {
          read(layer).ifPresent(bytes -> readEnvelope(bytes, found));
        }
      }
    } catch (RegistryException e) {
      rethrowUnlessBad(e);
    }
  }

  private static void readEnvelope(byte[] bundle, List<FoundSignature> found) {
    var envelope = Json.object(bundle, "a bundle").path("dsseEnvelope");
    var payload = decode(envelope.path("payload").asString(""));
    for (var node : envelope.path("signatures")) {
      var signature = decode(node.path("sig").asString(""));
      if (payload.isPresent() && signature.isPresent() && found.size() < MAX_SIGNATURES) {
        found.add(
            new FoundSignature.Bundled(
                envelope.path("payloadType").asString(""), payload.get(), signature.get()));
      }
    }
  }

  private static Optional<byte[]> decode(String base64) {
    try {
      return base64.isEmpty() ? Optional.empty() : Optional.of(Base64.getDecoder().decode(base64));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private Optional<byte[]> read(Descriptor blob) {
    var out = new ByteArrayOutputStream();
    try {
      source.read(
          blob,
          MAX_BLOB,
          Progress.NONE,
          in -> {
            out.reset();
            try {
              in.transferTo(out);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
      return Optional.of(out.toByteArray());
    } catch (RegistryException e) {
      rethrowUnlessBad(e);
      return Optional.empty();
    }
  }

  /** What is wrong with one signature must not hide another. */
  private static void rethrowUnlessBad(RegistryException e) {
    if (e.reason() == Reason.UNAVAILABLE || e.reason() == Reason.DENIED) {
      throw e;
    }
  }
}
