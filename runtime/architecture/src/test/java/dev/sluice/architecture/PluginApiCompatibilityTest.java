package dev.sluice.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import dev.sluice.plugin.HttpFilter;
import dev.sluice.plugin.NetworkFilter;
import dev.sluice.plugin.Plugin;
import dev.sluice.plugin.PluginFactory;
import dev.sluice.plugin.host.Completion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Compares {@code plugin-api} with the contract that plugins were promised, {@code
 * plugin-api.signatures}. What is new passes, unless a plugin would have to implement it; what was
 * taken away or changed fails.
 *
 * <p>With {@code -DpluginApi=record} it writes down the contract as it is, as every release does.
 * Whoever breaks it on purpose does the same, and the change of the file shows it to the reviewer.
 */
final class PluginApiCompatibilityTest {
  private static final Path PROMISED =
      Path.of(System.getProperty("basedir", ""), "src/test/resources/plugin-api.signatures");

  /** What plugins implement: an abstract method more, and those that are out there fail. */
  private static final Set<Class<?>> IMPLEMENTED_BY_PLUGINS =
      Set.of(
          Plugin.class,
          PluginFactory.class,
          HttpFilter.class,
          NetworkFilter.class,
          Completion.class);

  @Test
  void whatPluginsRelyOnIsStillThere() throws IOException {
    ApiSignatures current = ApiSignatures.of(publishedTypes());
    if (System.getProperty("pluginApi", "check").equals("record")) {
      record(current);
    }

    assertThat(promised().missingFrom(current))
        .as("taken out of plugin-api or changed, though plugins may use it")
        .isEmpty();
  }

  @Test
  void aPluginNeverHasToImplementMore() throws IOException {
    List<String> additions = ApiSignatures.of(IMPLEMENTED_BY_PLUGINS).missingFrom(promised());

    assertThat(additions)
        .as("abstract methods added to interfaces that plugins implement; give them a default")
        .noneMatch(signature -> signature.contains(": abstract "));
  }

  private static ApiSignatures promised() throws IOException {
    return ApiSignatures.parse(Files.readAllLines(PROMISED, StandardCharsets.UTF_8));
  }

  private static void record(ApiSignatures current) throws IOException {
    Stream<String> heading =
        Stream.of(
            "# What plugin-api promises to plugins, written by PluginApiCompatibilityTest."
                + " A line that goes or changes breaks plugins.");
    Files.write(
        PROMISED,
        Stream.concat(heading, current.lines().stream()).toList(),
        StandardCharsets.UTF_8);
  }

  private static Set<Class<?>> publishedTypes() {
    return Gateway.CLASSES.stream()
        .filter(type -> GatewayModule.of(type).stream().anyMatch(m -> m.name().equals("plugin")))
        .filter(type -> !type.getSimpleName().equals("package-info"))
        .map(JavaClass::reflect)
        .collect(Collectors.toSet());
  }
}
