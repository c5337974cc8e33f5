package dev.sluice.benchmarks.internal;

import dev.sluice.plugin.Limits;
import dev.sluice.plugin.engine.PluginSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Properties;
import java.util.Set;

/**
 * Is a plugin that is measured, as one JVM hands it to the JVM that measures: by a file of
 * properties.
 *
 * @param name how results call it
 * @param engine {@code wasm}, {@code js}, {@code python} or {@code java}
 * @param file the module or jar
 * @param entry the file that the engine starts with, or empty
 * @param configuration its {@code pluginConfig} in JSON, or empty
 * @param services the host services that its manifest asks for
 */
public record Candidate(
    String name,
    String engine,
    Path file,
    String entry,
    String configuration,
    Set<String> services) {
  private static final String FOLDER_PROPERTY = "sluice.bench.plugins";
  private static final Map<String, String> KINDS =
      Map.of(".wasm", "wasm", ".js", "js", ".py", "python");
  private static final long SCRIPT_MEMORY = 256L << 20;

  /** Copies the set. */
  public Candidate {
    services = Set.copyOf(services);
  }

  /** Returns a guest that comes with the benches. */
  public static Candidate bundled(String name, String configuration) {
    for (var kind : KINDS.entrySet()) {
      try (var in = Candidate.class.getResourceAsStream(name + kind.getKey())) {
        if (in != null) {
          var file = Files.createTempFile("sluice-bench-", kind.getKey());
          file.toFile().deleteOnExit();
          Files.write(file, in.readAllBytes());
          return new Candidate(name, kind.getValue(), file, "", configuration, Set.of());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    throw new IllegalArgumentException(
        "plugin: \""
            + name
            + "\" (expected: one that the benches bring, or one given by --plugin)");
  }

  /**
   * Returns the default limits, but for time: what is cold, or starts while others do as well, is
   * measured and not ended. Scripts get more memory.
   */
  public Limits limits() {
    var usual = Limits.DEFAULT;
    return new Limits(
        isScript() ? SCRIPT_MEMORY : usual.memory(),
        Duration.ofSeconds(5),
        Duration.ofMinutes(2),
        usual.bodyBuffer(),
        usual.logLines(),
        usual.callouts(),
        usual.timers(),
        usual.metrics(),
        usual.storeBytes(),
        usual.queueItems());
  }

  /** Returns whether GraalVM runs it. */
  public boolean isScript() {
    return engine.equals("js") || engine.equals("python");
  }

  /** Returns the candidate of that name: one that was handed over, else a bundled one. */
  public static Candidate named(String name) {
    var folder = System.getProperty(FOLDER_PROPERTY);
    var description = folder == null ? null : Path.of(folder).resolve(name + ".properties");
    if (description == null || !Files.exists(description)) {
      return bundled(name, "");
    }
    var properties = new Properties();
    try (var in = Files.newBufferedReader(description)) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var services = properties.getProperty("services", "");
    return new Candidate(
        name,
        properties.getProperty("engine"),
        Path.of(properties.getProperty("file")),
        properties.getProperty("entry", ""),
        properties.getProperty("configuration", ""),
        services.isEmpty() ? Set.of() : Set.of(services.split(",")));
  }

  /** Writes itself for another JVM into a folder. */
  public void handOver(Path folder) {
    var properties = new Properties();
    properties.setProperty("engine", engine);
    properties.setProperty("file", file.toAbsolutePath().toString());
    properties.setProperty("entry", entry);
    properties.setProperty("configuration", configuration);
    properties.setProperty("services", String.join(",", services));
    try (var out = Files.newBufferedWriter(folder.resolve(name + ".properties"))) {
      properties.store(out, null);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the flag that tells another JVM of the folder. */
  public static String handOverFlag(Path folder) {
    return "-D" + FOLDER_PROPERTY + "=" + folder.toAbsolutePath();
  }

  /** Returns the plugin as an engine takes it. */
  public PluginSource source() {
    try {
      var digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
      return new PluginSource(name, "", "sha256:" + HexFormat.of().formatHex(digest), file, entry);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
