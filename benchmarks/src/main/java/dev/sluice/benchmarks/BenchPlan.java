package dev.sluice.benchmarks;

import java.nio.file.Path;
import java.util.List;

/**
 * Says what is to be measured.
 *
 * @param plugins urls or paths of plugins to be compared on one exchange, with each other and with
 *     none; empty for the bundled hot paths
 * @param configuration the {@code pluginConfig} of these plugins in JSON, or empty
 * @param include a regular expression that the names of the benches must contain, or empty
 * @param quick one short round of each: tells whether all runs, not how fast
 * @param plainHttp whether registries are asked over plain HTTP
 * @param cache where plugins are kept that had to be pulled
 * @param jvm further flags of the JVMs that are measured
 * @param scripts how scripts are run
 */
public record BenchPlan(
    List<String> plugins,
    String configuration,
    String include,
    boolean quick,
    boolean plainHttp,
    Path cache,
    List<String> jvm,
    ScriptMode scripts) {
  /** Copies the lists. */
  public BenchPlan {
    plugins = List.copyOf(plugins);
    jvm = List.copyOf(jvm);
  }
}
