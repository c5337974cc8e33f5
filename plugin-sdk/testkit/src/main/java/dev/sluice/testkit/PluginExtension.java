package dev.sluice.testkit;

import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Starts a plugin before each test of a JUnit class, fresh, and ends it afterwards.
 *
 * <pre>{@code
 * @RegisterExtension
 * final PluginExtension plugin = PluginExtension.of(Path.of("."), kit -> kit.configuration("{}"));
 *
 * @Test
 * void addsTheHeader() {
 *   var exchange = plugin.exchange().get("/").respond(200, "ok");
 *   assertThat(exchange.response().header("x-hello")).isEqualTo("hello");
 * }
 * }</pre>
 */
public final class PluginExtension implements BeforeEachCallback, AfterEachCallback {
  private final Path plugin;
  private final Consumer<TestkitBuilder> settings;
  private @Nullable PluginTestkit running;

  private PluginExtension(Path plugin, Consumer<TestkitBuilder> settings) {
    this.plugin = plugin;
    this.settings = settings;
  }

  /** Returns an extension that runs a plugin as it is configured by default. */
  public static PluginExtension of(Path plugin) {
    return of(plugin, kit -> {});
  }

  /** Returns an extension that runs a plugin with settings. */
  public static PluginExtension of(Path plugin, Consumer<TestkitBuilder> settings) {
    return new PluginExtension(plugin, settings);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    var builder = PluginTestkit.of(plugin);
    settings.accept(builder);
    running = builder.start();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    if (running != null) {
      running.close();
      running = null;
    }
  }

  /** Returns what runs the plugin; within a test. */
  public PluginTestkit kit() {
    var kit = running;
    if (kit == null) {
      throw new IllegalStateException("the plugin runs only during a test");
    }
    return kit;
  }

  /** Begins an exchange. */
  public TestExchange exchange() {
    return kit().exchange();
  }
}
