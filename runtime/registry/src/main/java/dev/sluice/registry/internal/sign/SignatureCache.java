package dev.sluice.registry.internal.sign;

import dev.sluice.registry.Digest;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.internal.AtomicFile;
import dev.sluice.registry.internal.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;

/**
 * Keeps the signatures of artifacts beside them, so that a start without the registry checks them
 * against the keys of the day: what is kept is the signatures, not the outcome.
 */
public final class SignatureCache {
  private static final long MAX_BYTES = 16 << 20;

  private final Path folder;

  /** Keeps them below a folder, which is made when missing. */
  public SignatureCache(Path cache) {
    this.folder = cache.resolve("signatures");
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Remembers the signatures of a digest, those before are forgotten. */
  public void write(Digest subject, List<FoundSignature> found) {
    var array = Json.MAPPER.createArrayNode();
    for (var signature : found) {
      var node = array.addObject();
      node.put("payload", signature.payload());
      node.put("signature", signature.signature());
      if (signature instanceof FoundSignature.Bundled bundled) {
        node.put("payloadType", bundled.payloadType());
      }
    }
    AtomicFile.write(file(subject), Json.bytes(array));
  }

  /** Returns the signatures of a digest; none when they cannot be read. */
  public List<FoundSignature> read(Digest subject) {
    var file = file(subject);
    List<FoundSignature> found = new ArrayList<>();
    try {
      if (!Files.isRegularFile(file) || Files.size(file) > MAX_BYTES) {
        return found;
      }
      for (var node : Json.MAPPER.readTree(Files.readAllBytes(file))) {
        var payload = node.path("payload").binaryValue();
        var signature = node.path("signature").binaryValue();
        found.add(
            node.has("payloadType")
                ? new FoundSignature.Bundled(
                    node.path("payloadType").asString(""), payload, signature)
                : new FoundSignature.Tagged(payload, signature));
      }
      return found;
    } catch (IOException | JacksonException | RegistryException e) {
      return List.of();
    }
  }

  private Path file(Digest subject) {
    return folder.resolve(subject.hex() + ".json");
  }
}
