package dev.sluice.registry.internal;

import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;

/** Tells by its first bytes or its name which engine runs a file. */
public final class FileEngine {
  private static final byte[] WASM = {0, 'a', 's', 'm'};

  private FileEngine() {}

  /** Tells the engine of a file on disk. */
  public static String of(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return of(file.toString(), in.readNBytes(8));
    }
  }

  /**
   * Tells the engine.
   *
   * @throws RegistryException NOT_A_PLUGIN showing the first bytes
   */
  public static String of(String name, byte[] bytes) {
    if (bytes.length >= 4 && Arrays.equals(bytes, 0, 4, WASM, 0, 4)) {
      return "wasm";
    }
    if (name.endsWith(".js") || name.endsWith(".mjs")) {
      return "js";
    }
    if (name.endsWith(".py")) {
      return "python";
    }
    if (name.endsWith(".jar")) {
      return "java";
    }
    var head = HexFormat.ofDelimiter(" ").formatHex(bytes, 0, Math.min(8, bytes.length));
    throw new RegistryException(
        Reason.NOT_A_PLUGIN,
        name
            + " begins with "
            + head
            + " (expected: a Wasm module, or a name ending in .js, .mjs, .py or .jar)");
  }
}
