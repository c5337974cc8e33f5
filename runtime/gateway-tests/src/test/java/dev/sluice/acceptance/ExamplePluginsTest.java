package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Builds each of plugin-sdk/examples where it lies, and holds all of them to the same cases. */
class ExamplePluginsTest {
  private static final Path EXAMPLES =
      Path.of(System.getProperty("sluice.root", "../.."), "plugin-sdk/examples")
          .toAbsolutePath()
          .normalize();

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"javascript", "python"})
  void anExampleThatNeedsNoToolsGuardsChats(String language) {
    guards(language);
  }

  @ParameterizedTest
  @ValueSource(strings = {"typescript", "assemblyscript", "go", "rust", "cpp", "java"})
  @Tag("peers")
  void anExampleOfAToolchainGuardsChats(String language) {
    guards(language);
  }

  private void guards(String language) {
    var sluice = PluginToolchains.command(language, folder);
    var result = sluice.attempt("plugin", "test", EXAMPLES.resolve(language).toString());
    assertThat(result.code()).as(result.output() + result.errors()).isZero();
  }

  @Test
  void allOfThemHaveTheSameCasesAndConfiguration() throws IOException {
    try (var examples = Files.list(EXAMPLES).filter(Files::isDirectory)) {
      assertThat(examples.toList())
          .hasSize(8)
          .allSatisfy(
              example -> {
                for (var same : new String[] {"tests/credentials.yaml", "config.schema.json"}) {
                  assertThat(example.resolve(same))
                      .hasSameTextualContentAs(EXAMPLES.resolve("javascript").resolve(same));
                }
              });
    }
  }
}
