package dev.sluice.registry.internal;

import dev.sluice.registry.Descriptor;
import dev.sluice.registry.Digest;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Reads and writes the JSON documents of the OCI specifications. */
public final class Json {
  /** The mapper; thread-safe. */
  public static final JsonMapper MAPPER = JsonMapper.builder().build();

  private Json() {}

  /**
   * Parses an object.
   *
   * @param what names the document in messages
   */
  public static ObjectNode object(byte[] bytes, String what) {
    try {
      if (MAPPER.readTree(bytes) instanceof ObjectNode object) {
        return object;
      }
      throw new RegistryException(Reason.MISMATCH, what + " is no JSON object");
    } catch (JacksonException e) {
      throw new RegistryException(
          Reason.MISMATCH, what + " is no JSON: " + e.getOriginalMessage(), e);
    }
  }

  /** Reads a descriptor and checks it. */
  public static Descriptor descriptor(JsonNode node, String what) {
    var digest = node.path("digest").asString("");
    var size = node.path("size");
    if (!size.isIntegralNumber() || size.asLong() < 0) {
      throw new RegistryException(
          Reason.MISMATCH, what + ": size " + size + " of " + digest + " (expected: bytes)");
    }
    Map<String, String> annotations = new LinkedHashMap<>();
    node.path("annotations")
        .properties()
        .forEach(entry -> annotations.put(entry.getKey(), entry.getValue().asString("")));
    var artifactType = node.path("artifactType").asString("");
    return new Descriptor(
        node.path("mediaType").asString(""),
        Digest.parse(digest),
        size.asLong(),
        artifactType.isEmpty() ? null : artifactType,
        annotations);
  }

  /** Writes a descriptor. */
  public static ObjectNode node(Descriptor descriptor) {
    var node = MAPPER.createObjectNode();
    node.put("mediaType", descriptor.mediaType());
    node.put("digest", descriptor.digest().toString());
    node.put("size", descriptor.size());
    if (descriptor.artifactType() != null) {
      node.put("artifactType", descriptor.artifactType());
    }
    if (!descriptor.annotations().isEmpty()) {
      var annotations = node.putObject("annotations");
      descriptor.annotations().forEach(annotations::put);
    }
    return node;
  }

  /** Returns the bytes of a document. */
  public static byte[] bytes(JsonNode node) {
    return MAPPER.writeValueAsBytes(node);
  }
}
