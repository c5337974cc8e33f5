package dev.sluice.benchmarks;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Says how GraalVM runs scripts while they are measured. */
public enum ScriptMode {
  /** By its compiler, as the launcher starts gateways with scripts. */
  COMPILED,
  /** By its interpreter, which needs nothing of the JVM. */
  INTERPRETED;

  private static final String FOLDER_PROPERTY = "sluice.bench.compiler";

  /**
   * Returns the JVM flags that it takes.
   *
   * @throws BenchException when there is no compiler
   */
  List<String> flags() {
    if (this == INTERPRETED) {
      return List.of();
    }
    var folder = System.getProperty(FOLDER_PROPERTY, "");
    if (folder.isEmpty() || !Files.isDirectory(Path.of(folder))) {
      throw new BenchException(
          "scripts cannot be compiled here: no folder " + folder + " (expected: run by sluice)");
    }
    return List.of(
        "-XX:+UnlockExperimentalVMOptions", "-XX:+EnableJVMCI", "--upgrade-module-path=" + folder);
  }
}
