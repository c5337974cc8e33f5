package dev.sluice.gateway.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Tells when sources in a plugin's folder have changed. Looks at all of them every time: that works
 * with every editor's way of saving and on shared folders, and a plugin has few files.
 */
final class WatchedFolder {
  /** What builds make and dependencies bring. */
  private static final Set<String> NOT_SOURCES =
      Set.of("build", "target", "node_modules", "vendor", "typings", "types", "__pycache__");

  private static final Set<String> LOCKS = Set.of("package-lock.json", "go.sum", "Cargo.lock");

  private final Path folder;
  private Map<Path, String> known = Map.of();

  WatchedFolder(Path folder) {
    this.folder = folder;
  }

  /** Returns whether anything has changed since this was asked before, or for the first time. */
  boolean hasChanged() {
    var now = look();
    boolean changed = !now.equals(known);
    known = now;
    return changed;
  }

  private Map<Path, String> look() {
    Map<Path, String> files = new HashMap<>();
    try {
      Files.walkFileTree(folder, new Look(files));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + folder, e);
    }
    return files;
  }

  private final class Look extends SimpleFileVisitor<Path> {
    private final Map<Path, String> files;

    Look(Map<Path, String> files) {
      this.files = files;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
      var name = String.valueOf(dir.getFileName());
      boolean source = !NOT_SOURCES.contains(name) && !name.startsWith(".");
      return dir.equals(folder) || source ? FileVisitResult.CONTINUE : FileVisitResult.SKIP_SUBTREE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      var name = String.valueOf(file.getFileName());
      // Editors keep what was not saved in files that begin or end so.
      if (!LOCKS.contains(name) && !name.startsWith(".") && !name.endsWith("~")) {
        files.put(file, attributes.lastModifiedTime() + " " + attributes.size());
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException gone) {
      return FileVisitResult.CONTINUE; // it went while this looked
    }
  }
}
