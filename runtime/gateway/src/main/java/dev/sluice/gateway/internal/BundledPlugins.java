package dev.sluice.gateway.internal;

import dev.sluice.registry.OciLayout;
import dev.sluice.registry.PluginPackage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Publishes the plugins of the distribution as OCI layouts inside it, the way {@code sluice
 * registry serve} reads them: {@code registry/plugins/NAME}, a tag for each version. Run by the
 * build.
 */
final class BundledPlugins {
  /** A further build of a plugin beside {@code plugin.wasm}. */
  private static final Pattern FURTHER = Pattern.compile("plugin-(\\d+\\.\\d+\\.\\d+)\\.wasm");

  private static final Pattern VERSION = Pattern.compile("(?m)^version: (\\S+)$");

  private BundledPlugins() {}

  /** Publishes what is below {@code plugins} of the distribution that is given. */
  public static void main(String[] arguments) throws IOException {
    publish(Path.of(arguments[0]));
  }

  static void publish(Path distribution) throws IOException {
    for (var plugin : list(distribution.resolve("plugins"))) {
      var layout =
          OciLayout.create(
              distribution.resolve("registry/plugins").resolve(plugin.getFileName().toString()));
      var manifest = Files.readString(plugin.resolve("plugin.yaml"));
      var version = VERSION.matcher(manifest);
      if (!version.find()) {
        throw new IllegalStateException(plugin + "/plugin.yaml: no version");
      }
      PluginPackage.of(plugin).writeTo(layout, version.group(1));
      for (var module : list(plugin.resolve("build"))) {
        var further = FURTHER.matcher(module.getFileName().toString());
        if (further.matches()) {
          another(plugin, module, manifest, further.group(1), layout);
        }
      }
    }
  }

  private static void another(
      Path plugin, Path module, String manifest, String version, OciLayout layout)
      throws IOException {
    var folder = Files.createTempDirectory("sluice-plugin");
    Files.createDirectories(folder.resolve("build"));
    Files.copy(module, folder.resolve("build/plugin.wasm"));
    for (var file : list(plugin)) {
      if (Files.isRegularFile(file)) {
        Files.copy(file, folder.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    Files.writeString(
        folder.resolve("plugin.yaml"),
        VERSION.matcher(manifest).replaceFirst("version: " + Matcher.quoteReplacement(version)));
    PluginPackage.of(folder).writeTo(layout, version);
    remove(folder);
  }

  private static void remove(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private static List<Path> list(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  /** Copies the registry of the distribution into a folder, to be served and written to. */
  static Path copyRegistry(Path folder) throws IOException {
    var from = Folders.distribution("registry");
    try (var files = Files.walk(from)) {
      for (var file : files.toList()) {
        var to = folder.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(to);
        } else {
          Files.copy(file, to);
        }
      }
    }
    return folder;
  }
}
