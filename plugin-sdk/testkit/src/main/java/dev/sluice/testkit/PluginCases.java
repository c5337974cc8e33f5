package dev.sluice.testkit;

import dev.sluice.control.CheckedYaml;
import dev.sluice.control.ConfigException;
import dev.sluice.control.ConfigProblem;
import dev.sluice.plugin.engine.PluginEngine;
import dev.sluice.testkit.internal.CaseReader;
import dev.sluice.testkit.internal.LastingEngine;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs the cases that stand in the {@code tests/*.yaml} of a plugin's folder: each on a fresh
 * plugin. Blocks; used by one thread.
 */
public final class PluginCases implements AutoCloseable {
  private final Path plugin;
  private final @Nullable Path codeCache;
  private final List<PluginEngine> engines = LastingEngine.found();

  /**
   * Makes ready to run cases.
   *
   * @param plugin a folder that was built
   * @param codeCache keeps compiled modules, or null
   */
  public PluginCases(Path plugin, @Nullable Path codeCache) {
    this.plugin = plugin;
    this.codeCache = codeCache;
  }

  /** Returns the JSON Schema of the files, for editors too. */
  public static String schema() {
    try (InputStream in = PluginCases.class.getResourceAsStream("plugin-tests.schema.json")) {
      return new String(
          Objects.requireNonNull(in, "plugin-tests.schema.json").readAllBytes(),
          StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the files with cases of a plugin's folder, by name. */
  public static List<Path> files(Path folder) {
    var tests = folder.resolve("tests");
    if (!Files.isDirectory(tests)) {
      return List.of();
    }
    try (var files = Files.list(tests)) {
      return files.filter(file -> file.toString().matches(".*\\.ya?ml")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Runs the cases of files.
   *
   * @param only runs the cases whose name contains it
   * @param listener learns of each case as it has ended
   * @throws ConfigException with everything that is wrong with the files; no case has run then
   */
  public List<CaseResult> run(List<Path> files, String only, Consumer<CaseResult> listener) {
    var problems = new ArrayList<ConfigProblem>();
    var readers = new ArrayList<CaseReader>();
    for (var file : files) {
      try {
        readers.add(new CaseReader(file, CheckedYaml.read(file, schema())));
      } catch (ConfigException e) {
        problems.addAll(e.problems());
      }
    }
    readers.forEach(reader -> problems.addAll(reader.problems()));
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
    var results = new ArrayList<CaseResult>();
    for (var reader : readers) {
      for (var each : reader.cases()) {
        if (each.name().contains(only)) {
          var result = new CaseRun(each, this::builder).run();
          results.add(result);
          listener.accept(result);
        }
      }
    }
    return results;
  }

  private TestkitBuilder builder() {
    var builder = PluginTestkit.of(plugin).engines(engines);
    return codeCache == null ? builder : builder.codeCache(codeCache);
  }

  @Override
  public void close() {
    engines.forEach(engine -> ((LastingEngine) engine).end());
  }
}
