package dev.sluice.registry.internal.sign;

import dev.sluice.registry.Digest;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.internal.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Is a signature as it was found; nothing of it is true until it was verified. */
public sealed interface FoundSignature {
  /** The type of a bundle's payload. */
  String IN_TOTO = "application/vnd.in-toto+json";

  /** What a signature of cosign says about its subject; other statements are no signatures. */
  String SIGNS = "https://sigstore.dev/cosign/sign/v1";

  /** What a signed payload says that it is. */
  String SIMPLE_SIGNING = "cosign container image signature";

  /** Returns {@code tag} or {@code bundle}. */
  String form();

  /** Returns what the signature's author wrote. */
  byte[] payload();

  /** Returns the bytes that were signed. */
  byte[] signed();

  /** Returns the signature itself. */
  byte[] signature();

  /** Returns the digests that the payload speaks about, none when it is no signature. */
  List<String> subjects();

  /** Is a signature below the tag {@code sha256-….sig} (cosign's SIGNATURE_SPEC). */
  record Tagged(byte[] payload, byte[] signature) implements FoundSignature {
    @Override
    public String form() {
      return "tag";
    }

    @Override
    public byte[] signed() {
      return payload;
    }

    @Override
    public List<String> subjects() {
      try {
        var critical = Json.object(payload, "payload").path("critical");
        return critical.path("type").asString("").equals(SIMPLE_SIGNING)
            ? List.of(critical.path("image").path("docker-manifest-digest").asString(""))
            : List.of();
      } catch (RegistryException e) {
        return List.of();
      }
    }
  }

  /** Is a signature in a bundle that refers to its subject (cosign's BUNDLE_SPEC). */
  record Bundled(String payloadType, byte[] payload, byte[] signature) implements FoundSignature {
    @Override
    public String form() {
      return "bundle";
    }

    @Override
    public byte[] signed() {
      return envelope(payloadType, payload);
    }

    @Override
    public List<String> subjects() {
      List<String> subjects = new ArrayList<>();
      try {
        var statement = Json.object(payload, "statement");
        if (payloadType.equals(IN_TOTO)
            && statement.path("predicateType").asString("").equals(SIGNS)) {
          for (var subject : statement.path("subject")) {
            subject
                .path("digest")
                .properties()
                .forEach(e -> subjects.add(e.getKey() + ":" + e.getValue().asString("")));
          }
        }
        return subjects;
      } catch (RegistryException e) {
        return List.of();
      }
    }
  }

  /** Returns what DSSE signs of a payload (its "pre-authentication encoding"). */
  static byte[] envelope(String type, byte[] payload) {
    int typeLength = type.getBytes(StandardCharsets.UTF_8).length;
    var head =
        ("DSSEv1 " + typeLength + " " + type + " " + payload.length + " ")
            .getBytes(StandardCharsets.UTF_8);
    var all = java.util.Arrays.copyOf(head, head.length + payload.length);
    System.arraycopy(payload, 0, all, head.length, payload.length);
    return all;
  }

  /** Returns whether the payload is a signature of a digest. */
  default boolean isAbout(Digest digest) {
    return subjects().contains(digest.toString());
  }
}
