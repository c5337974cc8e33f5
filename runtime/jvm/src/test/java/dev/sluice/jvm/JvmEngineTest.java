package dev.sluice.jvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.plugin.Limits;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.Properties;
import dev.sluice.plugin.RootContext;
import dev.sluice.plugin.engine.EngineOptions;
import dev.sluice.plugin.engine.PluginEngine;
import dev.sluice.plugin.engine.PluginModule;
import dev.sluice.plugin.engine.PluginSource;
import dev.sluice.plugin.engine.VmContext;
import dev.sluice.plugin.host.HostServices;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JvmEngineTest {
  private static final String FACTORY =
      """
      package example;
      import dev.sluice.plugin.*;
      public class Factory implements PluginFactory {
        public Plugin create(RootContext context) {
          var config = new String(context.configuration());
          if (config.isEmpty()) throw new IllegalArgumentException("config: empty (expected: a name)");
          System.setProperty("sluice.test.sees", String.valueOf(sees("dev.sluice.jvm.JvmEngine")));
          return stream -> new HttpFilter() {
            @Override public FilterStatus onRequestHeaders(Headers headers, boolean end) {
              headers.add("x-hello", config);
              return FilterStatus.CONTINUE;
            }
          };
        }
        static boolean sees(String name) {
          try { Class.forName(name); return true; } catch (ClassNotFoundException e) { return false; }
        }
      }
      """;

  @TempDir private Path folder;

  @Test
  void isFoundAsAnEngine() {
    assertThat(ServiceLoader.load(PluginEngine.class)).anyMatch(e -> e.name().equals("java"));
  }

  @Test
  void loadsAPluginThatSeesOnlyTheApi() {
    try (var module = load(jar())) {
      var root = module.newVm(vm()).newRoot(new Root("World"));
      assertThat(root.callbacks()).isNotEmpty();
      assertThat(System.getProperty("sluice.test.sees")).isEqualTo("false");
      root.close();
    }
  }

  @Test
  void reportsAPluginThatRefusesItsConfiguration() {
    try (var module = load(jar())) {
      var vm = module.newVm(vm());
      assertThatThrownBy(() -> vm.newRoot(new Root("")))
          .isInstanceOf(PluginException.class)
          .hasMessageContaining("config: empty (expected: a name)");
    }
  }

  @Test
  void refusesCodeThatIsNotTrusted() {
    var source = source(jar());
    var options = new EngineOptions(Limits.DEFAULT, false, null);
    assertThatThrownBy(() -> new JvmEngine().load(source, options))
        .hasMessageContaining("trusted: true");
  }

  @Test
  void refusesWhatIsNoJar() throws IOException {
    var file = Files.writeString(folder.resolve("x.jar"), "hello");
    assertThatThrownBy(() -> load(file)).hasMessageContaining("not a jar file");
  }

  @Test
  void refusesAJarThatIsCutOff() throws IOException {
    var whole = Files.readAllBytes(jar());
    var file = Files.write(folder.resolve("cut.jar"), java.util.Arrays.copyOf(whole, 300));
    assertThatThrownBy(() -> load(file)).isInstanceOf(PluginException.class);
  }

  @Test
  void refusesAJarWithoutAFactory() {
    var jar = new JarBuilder(folder).source("Factory", FACTORY).build();
    assertThatThrownBy(() -> load(jar)).hasMessageContaining("has no META-INF/services");
  }

  @Test
  void refusesAFactoryThatIsNotThere() {
    var jar = new JarBuilder(folder).factories(List.of("example.Missing")).build();
    assertThatThrownBy(() -> load(jar)).hasMessageContaining("example.Missing");
  }

  @Test
  void unloadsTheClassesOfAClosedPlugin() {
    var loader = loadAndClose();
    await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> {
              System.gc();
              return loader.get() == null;
            });
  }

  private WeakReference<ClassLoader> loadAndClose() {
    var module = load(jar());
    var vm = module.newVm(vm());
    var root = vm.newRoot(new Root("World"));
    var filter = root.newFilter(Contexts.NO_STREAM);
    var loader = new WeakReference<>(filter.getClass().getClassLoader());
    root.close();
    vm.close();
    module.close();
    return loader;
  }

  private Path jar() {
    return new JarBuilder(folder)
        .source("Factory", FACTORY)
        .factories(List.of("# the factory", "example.Factory"))
        .build();
  }

  private static PluginModule load(Path jar) {
    return new JvmEngine().load(source(jar), new EngineOptions(Limits.DEFAULT, true, null));
  }

  private static PluginSource source(Path jar) {
    return new PluginSource("hello", "1.0.0", "sha256:0", jar, "");
  }

  private static VmContext vm() {
    return new VmContext(
        "hello",
        "hello",
        new byte[0],
        Map.of(),
        Limits.DEFAULT,
        0,
        Runnable::run,
        Contexts.NO_SERVICES);
  }

  private record Root(String config) implements RootContext {
    @Override
    public String plugin() {
      return "hello";
    }

    @Override
    public String rootId() {
      return "";
    }

    @Override
    public byte[] configuration() {
      return config.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public HostServices services() {
      return Contexts.NO_SERVICES;
    }

    @Override
    public Properties properties() {
      throw new IllegalStateException("not used");
    }

    @Override
    public void setTickPeriod(Duration period) {}

    @Override
    public void done() {}
  }
}
