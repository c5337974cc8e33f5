package dev.sluice.registry.internal;

import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;

/** Tells by its first bytes or its name which engine runs a file. */
public final class FileEngine {
  private static final byte[] WASM = {0, 'a', 's', 'm'};

  private static final byte[] COMPONENT = {0, 'a', 's', 'm', 0x0d, 0, 1, 0};

  private FileEngine() {}

  /**
   * Refuses a file that its engine cannot run.
   *
   * @throws RegistryException NOT_A_PLUGIN showing the first bytes
   */
  static void check(String engine, Path file, String url) {
    byte[] head;
    try (var in = Files.newInputStream(file)) {
      head = in.readNBytes(8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (engine.equals("wasm") && Arrays.equals(head, COMPONENT)) {
      throw new RegistryException(
          Reason.NOT_A_PLUGIN, url + " is a WebAssembly component (expected: a module)");
    }
    boolean fits =
        switch (engine) {
          case "wasm" -> head.length >= 4 && Arrays.equals(head, 0, 4, WASM, 0, 4);
          case "java" -> head.length >= 2 && head[0] == 'P' && head[1] == 'K';
          default -> true;
        };
    if (!fits) {
      throw new RegistryException(
          Reason.NOT_A_PLUGIN,
          url
              + " begins with "
              + HexFormat.ofDelimiter(" ").formatHex(head)
              + " (expected: "
              + (engine.equals("wasm") ? "a Wasm module" : "a jar")
              + ")");
    }
  }

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
