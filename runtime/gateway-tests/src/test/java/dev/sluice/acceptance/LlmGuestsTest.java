package dev.sluice.acceptance;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;

/**
 * Has guests in Go and Rust do with LLM calls what {@link LlmPluginsTest} has plugins in other
 * languages do; {@code .ci/peers} builds them from source, with the SDK of their language.
 */
@Tag("peers")
class LlmGuestsTest extends LlmPluginContract {
  private static final Path ROOT = Path.of(System.getProperty("sluice.root", "../.."));
  private static final List<String> LANGUAGES = List.of("go", "rust");

  @Override
  List<String> plugins() {
    return LANGUAGES;
  }

  @Override
  String config(Path folder) {
    var plugins = new StringBuilder("plugins:\n");
    var routes = new StringBuilder("routes:\n");
    for (var language : LANGUAGES) {
      var wasm = ROOT.resolve(".peers/wasm/services-" + language + "/plugin.wasm");
      if (!Files.isRegularFile(wasm)) {
        var line = "peer is missing: " + wasm + " (.ci/peers builds it)";
        if ("required".equals(System.getProperty("peers"))) {
          Assertions.fail(line);
        }
        Assumptions.abort(line);
      }
      plugins.append(
          "  - {name: %s, url: \"file:%s\", limits: {callTime: 20s, startTime: 60s}, grants: {ai: {}}}\n"
              .formatted(language, wasm.toAbsolutePath().normalize()));
      routes.append(
          "  - {name: %1$s, match: {path: {prefix: /%1$s}}, ai: {}, plugins: [%1$s]}\n"
              .formatted(language));
    }
    return plugins.append(routes).toString();
  }
}
