package dev.sluice.acceptance;

import dev.sluice.standin.StandIn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Has guests in Go and Rust do with LLM calls what {@link LlmPluginsTest} has plugins in other
 * languages do; {@code .ci/peers} builds them from source, with the SDK of their language.
 */
@Tag("peers")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LlmGuestsTest {
  private static final Path ROOT = Path.of(System.getProperty("sluice.root", "../.."));
  private static final List<String> LANGUAGES = List.of("go", "rust");

  @TempDir private static Path folder;
  private final StandIn provider = LlmPluginChecks.provider();
  private ProtocolGateway gateway;

  @BeforeAll
  void start() {
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
    gateway =
        ProtocolGateway.start(
            folder,
            "threads: 1\nlisteners: [{name: web, address: \"127.0.0.1:0\"}]\n"
                + LlmPluginChecks.models(provider)
                + plugins
                + routes);
  }

  @AfterAll
  void stop() {
    if (gateway != null) {
      gateway.close();
    }
    provider.close();
  }

  private LlmPluginChecks checks(String plugin) {
    return new LlmPluginChecks(provider, new LlmClient(gateway.port("web"), "/" + plugin), plugin);
  }

  @ParameterizedTest
  @ValueSource(strings = {"go", "rust"})
  void readsAndEditsWhateverTheFormats(String plugin) {
    checks(plugin).readsAndEditsWhateverTheFormats();
  }

  @ParameterizedTest
  @ValueSource(strings = {"go", "rust"})
  void changesWhatStreams(String plugin) {
    checks(plugin).changesWhatStreams();
  }

  @ParameterizedTest
  @ValueSource(strings = {"go", "rust"})
  void refusesAndAnswersInTheCallersWords(String plugin) {
    checks(plugin).refusesAndAnswersInTheCallersWords();
  }

  @ParameterizedTest
  @ValueSource(strings = {"go", "rust"})
  void seesTheEnd(String plugin) {
    checks(plugin).seesTheEnd();
  }
}
