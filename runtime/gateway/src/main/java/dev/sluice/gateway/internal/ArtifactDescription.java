package dev.sluice.gateway.internal;

import dev.sluice.registry.PluginArtifact;
import dev.sluice.registry.PluginSignatures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Describes an artifact to people and programs. */
record ArtifactDescription(ObjectNode json) {
  static ArtifactDescription of(PluginArtifact artifact) {
    var json = JsonMapper.shared().createObjectNode();
    json.put("url", artifact.url());
    json.put("digest", artifact.digest().toString());
    json.put("engine", artifact.engine());
    var contents = ArtifactContents.of(artifact);
    json.put("abi", contents.abi().isEmpty() ? "unknown" : contents.abi());
    try {
      json.put("size", Files.size(artifact.file()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    artifact
        .manifest()
        .ifPresent(
            manifest -> {
              json.put("name", manifest.name());
              json.put("version", manifest.version());
              json.put("description", manifest.description());
              var phase = manifest.phase();
              if (phase != null) {
                json.put("phase", phase.name().toUpperCase(Locale.ROOT));
              }
              manifest.priority().ifPresent(priority -> json.put("priority", priority));
              list(json, "capabilities", manifest.capabilities());
            });
    json.put("configSchema", artifact.configSchema().isPresent());
    list(json, "exports", contents.exports());
    list(json, "imports", contents.imports());
    list(json, "uses", contents.uses());
    return new ArtifactDescription(json);
  }

  private static void list(ObjectNode json, String name, List<String> values) {
    var list = json.putArray(name);
    values.forEach(list::add);
  }

  /** Adds the signatures that were found; whose they are is for {@code verify} to say. */
  void add(List<PluginSignatures.Listed> signatures) {
    var list = json.putArray("signatures");
    signatures.forEach(
        found -> list.add(found.form() + (found.about() ? "" : " (of something else)")));
  }

  String text() {
    List<String> lines = new ArrayList<>();
    json.properties()
        .forEach(
            entry -> {
              var value = entry.getValue();
              var shown =
                  value.isArray()
                      ? String.join(" ", value.valueStream().map(v -> v.asString()).toList())
                      : value.asString();
              lines.add(String.format("%-13s %s", entry.getKey(), shown.isEmpty() ? "-" : shown));
            });
    return String.join("\n", lines);
  }
}
