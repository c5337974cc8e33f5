package dev.sluice.gateway.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Puts a Python plugin and the modules that it brings into one file: its own lie beside the plugin,
 * those of others below {@code vendor/}. Errors still name the file and line of the author.
 */
final class PythonBundle {
  /** What lies beside a plugin and is none of its code. */
  private static final Set<String> NO_CODE =
      Set.of("build", "tests", "typings", "vendor", "venv", "node_modules", "__pycache__");

  private static final Set<String> NATIVE = Set.of(".so", ".pyd", ".dylib", ".dll");

  private static final String HEAD =
      """
      # Made by `sluice plugin build` of the files named below; edit those.
      def _sluice_bundle(files):
          import sys
          from importlib.machinery import ModuleSpec

          class Bundle:
              def find_spec(self, name, path=None, target=None):
                  if name in files:
                      return ModuleSpec(name, self, origin=files[name][0], is_package=files[name][1])

              def create_module(self, spec):
                  return None

              def exec_module(self, module):
                  file, _, text = files[module.__name__]
                  exec(compile(text, file, "exec"), module.__dict__)

          sys.meta_path.insert(0, Bundle())


      """;

  /** By name: the file relative to the plugin's folder, and whether it is a package. */
  private record Module(Path file, boolean isPackage, String text) {}

  private final Path folder;

  /** Where the plugin's own modules are named from: the folder of the entry. */
  private final Path home;

  private final Path entry;
  private final SortedMap<String, Module> modules = new TreeMap<>();

  private PythonBundle(Path folder, String entry) {
    this.folder = folder;
    this.entry = folder.resolve(entry);
    var parent = this.entry.getParent();
    home = parent == null ? folder : parent;
  }

  /**
   * Writes {@code build/ENTRY} where a plugin brings modules; removes one that is no longer needed
   * where it does not.
   *
   * @throws CommandFailure when a module is native code
   */
  static void build(Path folder, String entry) {
    try {
      var bundle = new PythonBundle(folder, entry);
      bundle.collect(bundle.home);
      var vendor = folder.resolve("vendor");
      if (Files.isDirectory(vendor)) {
        bundle.collect(vendor);
      }
      var target = folder.resolve("build").resolve(entry);
      if (bundle.modules.isEmpty()) {
        Files.deleteIfExists(target);
        return;
      }
      var parent = target.getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      Files.writeString(target, bundle.text());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void collect(Path root) throws IOException {
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
            var name = String.valueOf(dir.getFileName());
            boolean skipped =
                !dir.equals(root)
                    && (name.startsWith(".")
                        || name.endsWith(".dist-info")
                        || name.equals("__pycache__")
                        || (root.equals(home) && NO_CODE.contains(name)));
            return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            add(root, file);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private void add(Path root, Path file) throws IOException {
    var name = root.relativize(file).toString().replace('\\', '/');
    if (NATIVE.stream().anyMatch(name::endsWith)) {
      throw new CommandFailure(
          file + " is native code, which plugins cannot load (expected: modules in Python only)");
    }
    if (!name.endsWith(".py") || file.equals(entry)) {
      return;
    }
    var module = name.substring(0, name.length() - 3).replace('/', '.');
    boolean isPackage = module.endsWith(".__init__");
    if (isPackage) {
      module = module.substring(0, module.length() - ".__init__".length());
    }
    // A module of the plugin's own comes first and wins.
    modules.putIfAbsent(
        module, new Module(folder.relativize(file), isPackage, Files.readString(file)));
  }

  private String text() throws IOException {
    var text = new StringBuilder(HEAD).append("_sluice_bundle({\n");
    for (var module : modules.entrySet()) {
      var found = module.getValue();
      text.append("    ").append(literal(module.getKey())).append(": (");
      text.append(literal(found.file().toString())).append(", ");
      text.append(found.isPackage() ? "True, " : "False, ").append(literal(found.text()));
      text.append("),\n");
    }
    addNamespaces(text);
    text.append("})\n");
    text.append("exec(compile(").append(literal(Files.readString(entry)));
    return text.append(", ")
        .append(literal(folder.relativize(entry).toString()))
        .append(", \"exec\"), globals())\n")
        .toString();
  }

  /** Folders without an {@code __init__.py} are packages too. */
  private void addNamespaces(StringBuilder text) {
    var namespaces = new TreeMap<String, Boolean>();
    for (var module : modules.keySet()) {
      for (int dot = module.indexOf('.'); dot >= 0; dot = module.indexOf('.', dot + 1)) {
        namespaces.put(module.substring(0, dot), true);
      }
    }
    namespaces.keySet().removeAll(modules.keySet());
    for (var namespace : namespaces.keySet()) {
      var name = literal(namespace);
      text.append("    ").append(name).append(": (").append(name).append(", True, \"\"),\n");
    }
  }

  /** Returns a literal of Python on one line. */
  private static String literal(String text) {
    var literal = new StringBuilder(text.length() + 16).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> literal.append("\\\"");
        case '\\' -> literal.append("\\\\");
        case '\n' -> literal.append("\\n");
        case '\r' -> literal.append("\\r");
        default -> {
          if (c < ' ') {
            literal.append(String.format("\\x%02x", (int) c));
          } else {
            literal.append(c);
          }
        }
      }
    }
    return literal.append('"').toString();
  }
}
