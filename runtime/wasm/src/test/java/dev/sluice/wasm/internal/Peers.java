package dev.sluice.wasm.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * Gets guests that others wrote: built once into {@code .peers/wasm} at the root of the repository.
 * Where a tool or a registry is missing the test is skipped, or fails with {@code
 * -Dpeers=required}.
 */
final class Peers {
  private Peers() {}

  /** Returns the folder of a peer, made by commands that run in it when it is not there yet. */
  static synchronized Path folder(
      String name, String produces, Map<String, String> env, List<List<String>> steps) {
    Path folder = root().resolve(".peers/wasm").resolve(name);
    if (Files.exists(folder.resolve(produces))) {
      return folder;
    }
    try {
      copyResources(name, folder);
      for (List<String> step : steps) {
        run(folder, env, step);
      }
    } catch (IOException | InterruptedException e) {
      missing(name + ": " + e);
    }
    return folder;
  }

  private static void copyResources(String name, Path folder) throws IOException {
    Files.createDirectories(folder);
    Path sources = Path.of("src/test/resources/peers").resolve(name);
    if (Files.isDirectory(sources)) {
      try (var files = Files.list(sources)) {
        for (Path file : files.toList()) {
          Files.copy(
              file,
              folder.resolve(file.getFileName()),
              java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }

  private static void run(Path folder, Map<String, String> env, List<String> command)
      throws IOException, InterruptedException {
    var builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().putAll(env);
    Path log = Files.createTempFile("peer", ".log");
    Process process = builder.redirectOutput(log.toFile()).start();
    boolean ended = process.waitFor(5, TimeUnit.MINUTES);
    String output = Files.readString(log, StandardCharsets.UTF_8);
    Files.delete(log);
    if (!ended || process.exitValue() != 0) {
      process.destroy();
      missing(String.join(" ", command) + ": " + output.strip());
    }
  }

  private static void missing(String what) {
    String line = "peer is missing: " + what;
    if ("required".equals(System.getProperty("peers"))) {
      Assertions.fail(line);
    }
    Assumptions.abort(line);
  }

  private static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.isDirectory(folder.resolve("plugin-sdk"))) {
      var parent = folder.getParent();
      if (parent == null) {
        throw new UncheckedIOException(new IOException("no repository above " + Path.of("")));
      }
      folder = parent;
    }
    return folder;
  }
}
