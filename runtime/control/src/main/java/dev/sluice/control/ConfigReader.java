package dev.sluice.control;

import dev.sluice.control.internal.ConfigLoader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** Reads and checks configurations. Blocks; thread-safe. */
public final class ConfigReader {
  /** The most bytes of a file. */
  public static final int MAX_BYTES = 16 << 20;

  private ConfigReader() {}

  /**
   * Reads a file.
   *
   * @throws ConfigException with everything that is wrong
   */
  public static GatewayConfig read(Path file) {
    return ConfigLoader.config(text(file), file.toString(), folder(file));
  }

  /**
   * Reads the text of a file.
   *
   * @throws ConfigException when it cannot be read, is no UTF-8 or longer than {@link #MAX_BYTES}
   */
  public static String text(Path file) {
    try (var in = Files.newInputStream(file)) {
      var bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw failed(file, "the file is too long (expected: at most " + MAX_BYTES + " bytes)");
      }
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (NoSuchFileException e) {
      throw failed(file, "there is no such file");
    } catch (CharacterCodingException e) {
      throw failed(file, "the file is not UTF-8");
    } catch (IOException e) {
      throw failed(file, "cannot be read: " + e.getMessage());
    }
  }

  private static ConfigException failed(Path file, String message) {
    return new ConfigException(List.of(new ConfigProblem(file.toString(), 0, 0, "", "", message)));
  }

  /** Returns the folder that relative paths of a file start from. */
  public static Path folder(Path file) {
    var parent = file.toAbsolutePath().getParent();
    return parent == null ? Path.of("/") : parent;
  }
}
