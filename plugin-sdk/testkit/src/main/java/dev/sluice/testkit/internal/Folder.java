package dev.sluice.testkit.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/** Is a temporary folder that goes when it is closed. */
public record Folder(Path path) implements AutoCloseable {
  private static final class OfProcess {
    private static final Folder FOLDER = temporary("sluice-testkit-cache-");

    static {
      Runtime.getRuntime().addShutdownHook(new Thread(FOLDER::close));
    }
  }

  /** Makes a folder. */
  public static Folder temporary(String prefix) {
    try {
      return new Folder(Files.createTempDirectory(prefix));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns a folder that goes when the process ends. */
  public static Path ofProcess() {
    return OfProcess.FOLDER.path();
  }

  @Override
  public void close() {
    try (var files = Files.walk(path)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
