package dev.sluice.registry.internal;

import dev.sluice.registry.Descriptor;
import dev.sluice.registry.Digest;
import dev.sluice.registry.MediaTypes;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** Reads and writes lists of referrers (distribution specification, "Referrers Tag Schema"). */
public final class ReferrersIndex {
  private static final int MAX_ENTRIES = 10_000;

  private ReferrersIndex() {}

  /** Returns the tag under which a list is kept where the registry keeps none. */
  public static String tag(Digest subject) {
    return subject.algorithm() + "-" + subject.hex();
  }

  /** Describes a manifest as a list of referrers does. */
  public static Descriptor entry(JsonNode manifest, Descriptor descriptor) {
    var type = manifest.path("artifactType").asString("");
    if (type.isEmpty()) {
      type = manifest.path("config").path("mediaType").asString("");
    }
    Map<String, String> annotations = new LinkedHashMap<>();
    manifest
        .path("annotations")
        .properties()
        .forEach(entry -> annotations.put(entry.getKey(), entry.getValue().asString("")));
    return new Descriptor(
        descriptor.mediaType(),
        descriptor.digest(),
        descriptor.size(),
        type.isEmpty() ? null : type,
        annotations);
  }

  /** Returns the entries of a list. */
  public static List<Descriptor> entries(JsonNode index, String what) {
    var manifests = index.path("manifests");
    if (manifests.size() > MAX_ENTRIES) {
      throw new RegistryException(
          Reason.TOO_LARGE,
          what + ": " + manifests.size() + " entries (expected: at most " + MAX_ENTRIES + ")");
    }
    List<Descriptor> entries = new ArrayList<>();
    manifests.forEach(node -> entries.add(Json.descriptor(node, what)));
    return entries;
  }

  /** Returns a list with an entry more, or nothing when it has that entry. */
  public static Optional<byte[]> with(byte @Nullable [] before, Descriptor entry) {
    var index = Json.MAPPER.createObjectNode();
    index.put("schemaVersion", 2);
    index.put("mediaType", MediaTypes.INDEX);
    index.putArray("manifests");
    if (before != null) {
      // What others wrote there is kept as it is.
      index = Json.object(before, "the list of referrers");
    }
    var array =
        index.get("manifests") instanceof ArrayNode there ? there : index.putArray("manifests");
    for (var node : array) {
      if (node.path("digest").asString("").equals(entry.digest().toString())) {
        return Optional.empty();
      }
    }
    array.add(Json.node(entry));
    return Optional.of(Json.bytes(index));
  }
}
