package dev.sluice.control;

import dev.sluice.control.internal.ConfigLoader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Reads and checks configurations. Blocks; thread-safe. */
public final class ConfigReader {
  private ConfigReader() {}

  /**
   * Reads a file.
   *
   * @throws ConfigException with everything that is wrong
   */
  public static GatewayConfig read(Path file) {
    return ConfigLoader.config(text(file), file.toString(), folder(file));
  }

  /** Reads the text of a file. */
  public static String text(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      var reason =
          Files.exists(file) ? "cannot be read: " + e.getMessage() : "there is no such file";
      throw new ConfigException(List.of(new ConfigProblem(file.toString(), 0, 0, "", "", reason)));
    }
  }

  /** Returns the folder that relative paths of a file start from. */
  public static Path folder(Path file) {
    var parent = file.toAbsolutePath().getParent();
    return parent == null ? Path.of("/") : parent;
  }
}
