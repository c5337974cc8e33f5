package dev.sluice.jvm.internal;

import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.PluginException.Kind;
import dev.sluice.plugin.PluginFactory;
import dev.sluice.plugin.engine.PluginModule;
import dev.sluice.plugin.engine.PluginSource;
import dev.sluice.plugin.engine.PluginVm;
import dev.sluice.plugin.engine.VmContext;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.jar.JarFile;
import java.util.zip.ZipException;

/** Is an opened jar with the plugin's class loader and factory class. */
public final class JvmModule implements PluginModule {
  private static final String SERVICE = "META-INF/services/" + PluginFactory.class.getName();

  private final String plugin;
  private final PluginClassLoader loader;
  private final Class<? extends PluginFactory> factory;

  private JvmModule(
      String plugin, PluginClassLoader loader, Class<? extends PluginFactory> factory) {
    this.plugin = plugin;
    this.loader = loader;
    this.factory = factory;
  }

  /**
   * Opens a jar and finds its factory.
   *
   * @throws PluginException with kind LOAD when it is no jar or names no factory
   */
  public static JvmModule open(PluginSource source) {
    var name = factoryName(source);
    PluginClassLoader loader;
    try {
      loader =
          new PluginClassLoader(
              source.name(), source.file().toUri().toURL(), JvmModule.class.getClassLoader());
    } catch (MalformedURLException e) {
      throw new UncheckedIOException(e);
    }
    try {
      var type = Class.forName(name, false, loader).asSubclass(PluginFactory.class);
      return new JvmModule(source.name(), loader, type);
    } catch (ClassNotFoundException | ClassCastException | LinkageError e) {
      close(loader);
      throw new PluginException(
          Kind.LOAD,
          source.name() + ": " + SERVICE + " names " + name + ", which cannot be used: " + e,
          e);
    }
  }

  private static String factoryName(PluginSource source) {
    if (!Files.isRegularFile(source.file())) {
      throw new PluginException(
          Kind.LOAD, source.name() + ": " + source.file() + " (expected: a jar file)");
    }
    try (var jar = new JarFile(source.file().toFile())) {
      var entry = jar.getEntry(SERVICE);
      if (entry == null) {
        throw new PluginException(
            Kind.LOAD, source.name() + ": the jar has no " + SERVICE + " that names its factory");
      }
      var names = names(jar.getInputStream(entry));
      if (names.size() != 1) {
        throw new PluginException(
            Kind.LOAD, source.name() + ": " + SERVICE + " names " + names + " (expected: one)");
      }
      return names.getFirst();
    } catch (ZipException e) {
      throw new PluginException(
          Kind.LOAD, source.name() + ": not a jar file: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new PluginException(Kind.LOAD, source.name() + ": cannot read the jar: " + e, e);
    }
  }

  private static List<String> names(InputStream stream) throws IOException {
    try (var reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      return reader
          .lines()
          .map(line -> line.replaceFirst("#.*", "").strip())
          .filter(line -> !line.isEmpty())
          .toList();
    }
  }

  @Override
  public PluginVm newVm(VmContext context) {
    try {
      return new JvmVm(factory.getDeclaredConstructor().newInstance());
    } catch (ReflectiveOperationException | LinkageError e) {
      throw new PluginException(
          Kind.LOAD, plugin + ": cannot make a " + factory.getName() + ": " + e, e);
    }
  }

  @Override
  public void close() {
    close(loader);
  }

  private static void close(PluginClassLoader loader) {
    try {
      loader.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
