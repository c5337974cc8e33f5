package dev.sluice.registry.internal;

import dev.sluice.registry.Descriptor;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Finds the manifest of a plugin in an index of several. */
final class IndexReader {
  private IndexReader() {}

  /**
   * Chooses the entry for Wasm, modules before components, or the only one. What Docker adds about
   * how an image was built does not count.
   *
   * @throws RegistryException NOT_A_PLUGIN naming what was found
   */
  static Descriptor choose(ObjectNode index, String url) {
    List<JsonNode> all = new ArrayList<>();
    for (var node : index.path("manifests")) {
      if (!node.path("annotations").has("vnd.docker.reference.type")) {
        all.add(node);
      }
    }
    for (var wanted : List.of("wasm/wasip1", "wasm/wasip2", "wasm/")) {
      for (var node : all) {
        if (platform(node).startsWith(wanted)) {
          return Json.descriptor(node, url);
        }
      }
    }
    if (all.size() != 1) {
      throw new RegistryException(
          Reason.NOT_A_PLUGIN,
          url
              + " is an index of "
              + all.stream().map(IndexReader::platform).toList()
              + " (expected: a wasm platform, or one entry)");
    }
    return Json.descriptor(all.getFirst(), url);
  }

  private static String platform(JsonNode node) {
    var platform = node.path("platform");
    return platform.path("architecture").asString("") + "/" + platform.path("os").asString("");
  }
}
