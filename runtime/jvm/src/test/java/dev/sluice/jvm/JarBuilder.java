package dev.sluice.jvm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import javax.tools.ToolProvider;

/** Compiles sources and packs them into a jar, as a plugin author's build would. */
final class JarBuilder {
  private final Path folder;
  private final Map<String, byte[]> entries = new LinkedHashMap<>();

  JarBuilder(Path folder) {
    this.folder = folder;
  }

  JarBuilder source(String name, String source) {
    try {
      var file = folder.resolve(name + ".java");
      Files.writeString(file, source);
      var classes = Files.createDirectories(folder.resolve("classes-" + name));
      var compiler = ToolProvider.getSystemJavaCompiler();
      int exit =
          compiler.run(
              null,
              null,
              null,
              "-cp",
              System.getProperty("java.class.path"),
              "-d",
              classes.toString(),
              file.toString());
      if (exit != 0) {
        throw new IllegalStateException("cannot compile " + file);
      }
      try (var files = Files.walk(classes)) {
        for (var compiled : files.filter(Files::isRegularFile).toList()) {
          entries.put(classes.relativize(compiled).toString(), Files.readAllBytes(compiled));
        }
      }
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  JarBuilder factories(List<String> names) {
    entries.put(
        "META-INF/services/dev.sluice.plugin.PluginFactory",
        String.join("\n", names).getBytes(StandardCharsets.UTF_8));
    return this;
  }

  Path build() {
    var jar = folder.resolve("plugin.jar");
    try (var out = new JarOutputStream(Files.newOutputStream(jar))) {
      for (var entry : entries.entrySet()) {
        out.putNextEntry(new JarEntry(entry.getKey()));
        out.write(entry.getValue());
        out.closeEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return jar;
  }
}
