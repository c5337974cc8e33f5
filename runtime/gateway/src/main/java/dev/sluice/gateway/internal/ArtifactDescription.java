package dev.sluice.gateway.internal;

import dev.sluice.registry.PluginArtifact;
import dev.sluice.registry.PluginSignatures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmEngineException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Describes an artifact to people and programs. */
record ArtifactDescription(ObjectNode json) {
  static ArtifactDescription of(PluginArtifact artifact) {
    var json = JsonMapper.shared().createObjectNode();
    json.put("url", artifact.url());
    json.put("digest", artifact.digest().toString());
    json.put("engine", artifact.engine());
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
              var capabilities = json.putArray("capabilities");
              manifest.capabilities().forEach(capabilities::add);
            });
    json.put("configSchema", artifact.configSchema().isPresent());
    if (artifact.engine().equals("wasm")) {
      wasm(json, artifact);
    }
    return new ArtifactDescription(json);
  }

  /** Adds the signatures that were found; whose they are is for {@code verify} to say. */
  void add(List<PluginSignatures.Listed> signatures) {
    var list = json.putArray("signatures");
    signatures.forEach(
        found -> list.add(found.form() + (found.about() ? "" : " (of something else)")));
  }

  private static void wasm(ObjectNode json, PluginArtifact artifact) {
    try {
      var module = Parser.parse(artifact.file());
      var exports = json.putArray("exports");
      for (int i = 0; i < module.exportSection().exportCount(); i++) {
        var name = module.exportSection().getExport(i).name();
        exports.add(name);
        if (name.startsWith("proxy_abi_version_")) {
          json.put("abi", name.substring("proxy_abi_version_".length()).replace('_', '.'));
        }
      }
      var imports = json.putArray("imports");
      module.importSection().stream().forEach(i -> imports.add(i.module() + "." + i.name()));
    } catch (WasmEngineException e) {
      throw new CommandFailure(artifact.url() + " is no Wasm module: " + e.getMessage(), e);
    }
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
              lines.add(String.format("%-13s %s", entry.getKey(), shown));
            });
    return String.join("\n", lines);
  }
}
