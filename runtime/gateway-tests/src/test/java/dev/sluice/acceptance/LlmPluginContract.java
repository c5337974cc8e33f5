package dev.sluice.acceptance;

import dev.sluice.standin.StandIn;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds plugins to {@link LlmPluginChecks} in a whole gateway, each on the route of its name. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class LlmPluginContract {
  private final StandIn provider = LlmPluginChecks.provider();
  private ProtocolGateway gateway;

  /** Returns the names of the plugins. */
  abstract List<String> plugins();

  /**
   * Returns the plugins and routes of the configuration.
   *
   * @param folder for files of plugins
   */
  abstract String config(Path folder) throws IOException;

  @BeforeAll
  void start(@TempDir Path folder) throws IOException {
    gateway =
        ProtocolGateway.start(
            folder,
            "threads: 1\nlisteners: [{name: web, address: \"127.0.0.1:0\"}]\n"
                + LlmPluginChecks.models(provider)
                + config(folder));
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
  @MethodSource("plugins")
  void readsAndEditsWhateverTheFormats(String plugin) {
    checks(plugin).readsAndEditsWhateverTheFormats();
  }

  @ParameterizedTest
  @MethodSource("plugins")
  void changesWhatStreams(String plugin) {
    checks(plugin).changesWhatStreams();
  }

  @ParameterizedTest
  @MethodSource("plugins")
  void refusesAndAnswersInTheCallersWords(String plugin) {
    checks(plugin).refusesAndAnswersInTheCallersWords();
  }

  @ParameterizedTest
  @MethodSource("plugins")
  void seesTheEnd(String plugin) {
    checks(plugin).seesTheEnd();
  }
}
